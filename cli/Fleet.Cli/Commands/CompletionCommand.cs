using System.CommandLine;
using Fleet.Cli.Output;

namespace Fleet.Cli.Commands;

/// <summary>`fleetctl completion SHELL`: the shell asks fleetctl itself, so completion never grows old.</summary>
internal static class CompletionCommand
{
    public static Command Create(Terminal terminal)
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh or fish" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", "Print a completion script: source <(fleetctl completion bash)") { shell };
        command.SetAction(parsed =>
        {
            terminal.Output.Write(parsed.GetValue(shell) switch
            {
                "bash" => """
                    _fleetctl() {
                      local IFS=$'\n'
                      COMPREPLY=($(compgen -W "$(fleetctl "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
                    }
                    complete -o default -F _fleetctl fleetctl

                    """,
                "zsh" => """
                    #compdef fleetctl
                    _fleetctl() {
                      local -a found
                      found=("${(@f)$(fleetctl "[suggest:${#BUFFER}]" "${BUFFER}" 2>/dev/null)}")
                      compadd -a found
                    }
                    compdef _fleetctl fleetctl

                    """,
                _ => """
                    complete -f -c fleetctl -a '(fleetctl "[suggest:"(commandline -C)"]" (commandline -cp) 2>/dev/null)'

                    """,
            });
            return ExitCodes.Ok;
        });
        return command;
    }
}
