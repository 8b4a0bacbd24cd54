// "Copy as AWS CLI command": what an action does, for a terminal. An action has the small button beside it; both are given
// the same command object.
import Button from "@cloudscape-design/components/button";
import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import { session } from "../aws/session";
import { command as commandOf, commandLine, operationOf, type Sent } from "./commandLine";
import { notify, notifyError } from "./notices";

const here = () => ({ endpoint: window.location.origin, region: session().region });

export const command = (service: string, operation: string, options: Record<string, string | undefined>) => commandOf(service, operation, options, here());

export const CopyCli = ({ text, label = "Copy as AWS CLI" }: { text: string; label?: string }) => (
  <CopyToClipboard copyButtonText={label} copyButtonAriaLabel={label} copySuccessText="The command was copied" copyErrorText="The browser did not let it be copied" textToCopy={text} />
);

/** The commands, one a line, as they are sent one after the other. */
export const linesOf = (sent: Sent | Sent[]) => [sent].flat().map((one) => commandLine(one, here())).join("\n");

export async function copyCommand(sent: Sent | Sent[]) {
  try {
    await navigator.clipboard.writeText(linesOf(sent));
    notify("success", <span className="mono">{[sent].flat().map((one) => Object.values(operationOf(one)).join(" ")).join(", ")}</span>, "The AWS CLI command was copied");
  } catch (error) {
    notifyError("The command was not copied", error);
  }
}

const Prompt = () => (
  <svg viewBox="0 0 16 16" aria-hidden="true" focusable="false">
    <path d="M2 4l4 4-4 4M8 12h6" />
  </svg>
);

/** Beside the action itself. `of` makes what the action would send; it is asked when the button is pressed, and once for its name. */
export function CliOf({ of, what, inline, text, disabled }: { of: () => Sent | Sent[]; what?: string; inline?: boolean; text?: boolean; disabled?: boolean }) {
  const { operation } = operationOf([of()].flat().at(-1)!);
  const label = `Copy as AWS CLI: ${operation}${what ? ` ${what}` : ""}`;
  return <Button variant={text ? "normal" : inline ? "inline-icon" : "icon"} iconSvg={<Prompt />} ariaLabel={label} nativeButtonAttributes={{ title: label }} formAction="none" disabled={disabled} onClick={() => void copyCommand(of())}>{text && "Copy as AWS CLI"}</Button>;
}
