// Starts `python -m trainlint server` with the project's interpreter, and says what to do where that can't be done.
"use strict";

const { execFile } = require("node:child_process");
const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

const SETTINGS = ["select", "extendSelect", "ignore", "codeLens"];

let client;
let output;
let status;

async function activate(context) {
  output = vscode.window.createOutputChannel("trainlint");
  status = vscode.languages.createLanguageStatusItem("trainlint", [{ language: "python" }]);
  status.name = "trainlint";
  status.command = { title: "Output", command: "trainlint.showOutput" };
  context.subscriptions.push(
    output,
    status,
    vscode.commands.registerCommand("trainlint.restart", restart),
    vscode.commands.registerCommand("trainlint.showOutput", () => output.show()),
    vscode.workspace.onDidChangeConfiguration(configurationChanged),
    vscode.workspace.onDidGrantWorkspaceTrust(restart),
    { dispose: () => client?.stop() },
  );
  const python = await pythonExtension();
  if (python) {
    context.subscriptions.push(python.environments.onDidChangeActiveEnvironmentPath(restart));
  }
  await start();
}

function deactivate() {
  return client?.stop();
}

async function restart() {
  const old = client;
  client = undefined;
  await old?.stop().catch((error) => output.appendLine(`stopping: ${error}`));
  await start();
}

async function configurationChanged(event) {
  if (event.affectsConfiguration("trainlint.enable") || event.affectsConfiguration("trainlint.interpreter")) {
    await restart();
  } else if (event.affectsConfiguration("trainlint")) {
    client?.sendNotification("workspace/didChangeConfiguration", { settings: { trainlint: settings() } });
  }
}

async function start() {
  if (!vscode.workspace.getConfiguration("trainlint").get("enable")) {
    tell("is turned off (trainlint.enable)");
    return;
  }
  const interpreter = await findInterpreter();
  const missing = await whatIsMissing(interpreter);
  if (missing) {
    complain(interpreter, missing);
    return;
  }
  client = new LanguageClient(
    "trainlint",
    "trainlint",
    { command: interpreter, args: ["-m", "trainlint", "server"] },
    {
      documentSelector: [{ language: "python" }],
      initializationOptions: settings(),
      outputChannel: output,
      synchronize: { fileEvents: vscode.workspace.createFileSystemWatcher("**/{*.py,*.ipynb,pyproject.toml,trainlint.toml}") },
    },
  );
  try {
    await client.start();
    tell(`runs with ${interpreter}`);
  } catch (error) {
    complain(interpreter, String(error));
  }
}

/** What is sent of the settings; empty lists mean that the project's configuration decides. */
function settings() {
  const configuration = vscode.workspace.getConfiguration("trainlint");
  const entries = SETTINGS.map((name) => [name, configuration.get(name)]);
  return Object.fromEntries(entries.filter(([, value]) => !Array.isArray(value) || value.length > 0));
}

async function pythonExtension() {
  const extension = vscode.extensions.getExtension("ms-python.python");
  if (!extension) {
    return undefined;
  }
  const api = extension.isActive ? extension.exports : await extension.activate();
  return api?.environments ? api : undefined;
}

async function findInterpreter() {
  const configured = vscode.workspace.getConfiguration("trainlint").get("interpreter");
  if (configured) {
    return configured;
  }
  const python = vscode.workspace.isTrusted ? await pythonExtension() : undefined;
  if (python) {
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
    const environment = await python.environments.resolveEnvironment(python.environments.getActiveEnvironmentPath(folder));
    const executable = environment?.executable.uri?.fsPath;
    if (executable) {
      return executable;
    }
  }
  return process.platform === "win32" ? "python" : "python3";
}

/** The reason why the server can't be started with this interpreter; undefined where it can. */
function whatIsMissing(interpreter) {
  const question = ["-c", "import trainlint.server.app"];
  return new Promise((resolve) => {
    // Not in the workspace: a folder named trainlint there would be taken for the package.
    execFile(interpreter, ["-I", ...question], { timeout: 30000, cwd: require("node:os").homedir() }, (error, _, complaint) => {
      resolve(error ? lastLine(complaint) || error.message : undefined);
    });
  });
}

function lastLine(text) {
  return text.trim().split("\n").pop();
}

function tell(words) {
  status.text = "trainlint";
  status.detail = words;
  status.severity = vscode.LanguageStatusSeverity.Information;
  output.appendLine(`trainlint ${words}`);
}

async function complain(interpreter, reason) {
  status.text = "trainlint can't start";
  status.detail = reason;
  status.severity = vscode.LanguageStatusSeverity.Error;
  output.appendLine(`${interpreter}: ${reason}`);
  const choose = "Select interpreter";
  const show = "Show output";
  const answer = await vscode.window.showWarningMessage(
    `trainlint can't start with ${interpreter} (${reason}). Install trainlint with its extra "lsp" into that environment, ` +
      "from its repository, or choose an environment that has it.",
    choose,
    show,
  );
  if (answer === choose) {
    await vscode.commands.executeCommand("python.setInterpreter").then(undefined, () =>
      vscode.commands.executeCommand("workbench.action.openSettings", "trainlint.interpreter"),
    );
  } else if (answer === show) {
    output.show();
  }
}

module.exports = { activate, deactivate };
