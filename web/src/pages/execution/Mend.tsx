// How an error is mended, with the page where that is done.
import Link from "@cloudscape-design/components/link";
import { mend } from "../../history/mend";
import { paths } from "../../router";

export default function Mend({ error, cause, machine }: { error?: string; cause?: string; machine?: string }) {
  const hint = mend(error, cause);
  if (!hint) return null;
  const to = hint.page === "decisions" ? { href: paths.decisions, text: "Access decisions" } : hint.page === "edit" && machine ? { href: paths.edit(machine), text: "Open the Studio" } : undefined;
  return <div>{hint.text} {to && <Link href={to.href}>{to.text}</Link>}</div>;
}
