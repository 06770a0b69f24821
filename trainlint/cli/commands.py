"""The commands and what they do; each is a module beside this one."""

COMMANDS = {
    "check": "find mistakes in training code (this is what `trainlint PATH...` does)",
    "run": "run a training script and find mistakes in what happens",
    "baseline": "write down today's findings, so that only new ones are told",
    "init": "write the files with which a project begins to use trainlint",
    "server": "start the language server, for editors",
    "show": "print what the training code was understood to do",
    "explain": "print the page of one rule",
    "rules": "list all rules",
    "new-rule": "write the beginning of a rule of your own, and its test",
}
