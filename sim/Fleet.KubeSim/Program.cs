using Fleet.KubeSim.Commands;

return args is ["conformance", ..] ? await ConformanceCommand.RunAsync(args[1..]) : await ServeCommand.RunAsync(args);
