// "Copy as AWS CLI command": what this page does, for a terminal.
import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import { session } from "../aws/session";

/** As a POSIX shell takes it. */
export const quoted = (value: string) => (/^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`);

export function command(service: string, operation: string, options: Record<string, string | undefined>): string {
  const given = Object.entries(options).filter((e): e is [string, string] => e[1] !== undefined);
  return ["aws", service, operation, ...given.flatMap(([k, v]) => [`--${k}`, quoted(v)]), "--endpoint-url", window.location.origin, "--region", session().region].join(" ");
}

export const CopyCli = ({ text, label = "Copy as AWS CLI" }: { text: string; label?: string }) => (
  <CopyToClipboard copyButtonText={label} copyButtonAriaLabel={label} copySuccessText="The command was copied" copyErrorText="The browser did not let it be copied" textToCopy={text} />
);
