using Fleet.Cli;

return await FleetCtl.RunAsync(args);
