import { basename } from 'node:path';
import type { Argv, CommandModule } from 'yargs';
import type { Io } from '../io.ts';

/** By shell: each asks the command itself, so that names of the cluster are offered too. */
const scripts = {
  bash: `# source <(vela completion bash)
_vela_complete() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$(vela --get-yargs-completions "\${COMP_WORDS[@]:0:COMP_CWORD+1}" 2>/dev/null)" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o bashdefault -o default -F _vela_complete vela
`,
  zsh: `#compdef vela
# source <(vela completion zsh)
_vela_complete() {
  local -a replies
  replies=("\${(@f)$(SHELL=bash vela --get-yargs-completions "\${words[@]:0:$CURRENT}" 2>/dev/null)}")
  if [[ -n "$replies" ]]; then compadd -a replies; else _files; fi
}
compdef _vela_complete vela
`,
  fish: `# vela completion fish | source
function __vela_complete
  set -l words (commandline -opc) (commandline -ct)
  env SHELL=bash vela --get-yargs-completions $words 2>/dev/null
end
complete -c vela -a '(__vela_complete)'
`,
  powershell: `# vela completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName vela -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @($commandAst.CommandElements | ForEach-Object { $_.ToString() })
  if ($wordToComplete -eq '') { $words += '' }
  $env:SHELL = 'bash'
  vela --get-yargs-completions @words 2>$null | Where-Object { $_ -like "$wordToComplete*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}
`,
} as const;

type Shell = keyof typeof scripts;
const shells = Object.keys(scripts) as readonly Shell[];

/** `vela completion`: the script that lets a shell complete command lines. */
export function completionCommand(io: Io): CommandModule<object, { shell: Shell | undefined }> {
  return {
    command: 'completion [shell]',
    describe: 'Print a completion script for bash, zsh, fish or powershell',
    builder: (argv: Argv) =>
      argv.positional('shell', {
        choices: shells,
        describe: 'The shell (default: that of $SHELL, else bash)',
      }),
    handler: ({ shell = shellOf(io.env['SHELL']) }) => {
      io.stdout.write(scripts[shell]);
    },
  };
}

function shellOf(path = ''): Shell {
  const name = basename(path);
  return shells.find((shell) => shell === name) ?? 'bash';
}
