// A payload as text: never as markup. Long ones are folded, JSON is set out and coloured.
import { useMemo, useState, type ReactNode } from "react";
import Button from "@cloudscape-design/components/button";
import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import { pretty } from "../asl/template";
import { download } from "./download";

const fold = 32 * 1024;
const token = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g;

function coloured(text: string): ReactNode[] {
  const out: ReactNode[] = [];
  let at = 0;
  for (const match of text.matchAll(token)) {
    if (match.index > at) out.push(text.slice(at, match.index));
    const [whole, quoted, colon, word, number] = match;
    if (quoted !== undefined) out.push(<span key={match.index} className={colon ? "k" : "s"}>{quoted}</span>, colon ?? "");
    else out.push(<span key={match.index} className={word ? "w" : "n"}>{word ?? number}</span>);
    at = match.index + whole.length;
  }
  out.push(text.slice(at));
  return out;
}

/** AWS gives some payloads as JSON in a JSON text; those stay as they are. */
export function JsonText({ value, label, name = "payload" }: { value: string | undefined; label: string; name?: string }) {
  const [open, setOpen] = useState(false);
  const text = useMemo(() => (value === undefined ? "" : pretty(value)), [value]);
  if (value === undefined) return <div className="text-block" aria-label={label}>-</div>;
  const long = text.length > fold;
  const shown = long && !open ? text.slice(0, fold) : text;
  return (
    <div className="text-with-tools">
      <div className="text-tools">
        <CopyToClipboard copyButtonAriaLabel={`Copy ${label}`} copySuccessText="Copied" copyErrorText="The browser did not let it be copied" textToCopy={text} variant="icon" />
        <Button variant="icon" iconName="download" ariaLabel={`Download ${label}`} onClick={() => download(`${name}.json`, "application/json", text)} />
      </div>
      <pre className="text-block" tabIndex={0} role="region" aria-label={label} dir="auto">{shown.length > 200_000 ? shown : coloured(shown)}</pre>
      {long && (
        <Button variant="inline-link" onClick={() => setOpen(!open)}>
          {open ? "Show the beginning alone" : `Show all ${(text.length / 1024).toFixed(0)} kB`}
        </Button>
      )}
    </div>
  );
}
