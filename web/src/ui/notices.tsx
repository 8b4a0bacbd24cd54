// What went well or wrong, told at the top of the page until it is closed.
import Flashbar, { type FlashbarProps } from "@cloudscape-design/components/flashbar";
import { useSyncExternalStore, type ReactNode } from "react";

let items: FlashbarProps.MessageDefinition[] = [];
const listeners = new Set<() => void>();
const changed = () => listeners.forEach((tell) => tell());
let count = 0;

export function notify(type: FlashbarProps.Type, content: ReactNode, header?: ReactNode) {
  const id = `notice-${++count}`;
  const dismiss = () => {
    items = items.filter((item) => item.id !== id);
    changed();
  };
  items = [{ id, type, header, content, dismissible: true, dismissLabel: "Close", ariaRole: (type === "error" ? "alert" : "status") as "alert" | "status", onDismiss: dismiss }, ...items].slice(0, 5);
  changed();
  if (type === "success" || type === "info") setTimeout(dismiss, 8_000);
}

/** An error with what AWS's own answer calls it. */
export const notifyError = (what: string, error: unknown) => notify("error", errorText(error), what);

export function errorText(error: unknown): string {
  const e = error as Error;
  if (e instanceof TypeError && /fetch/i.test(e.message)) return "The server does not answer. Is it running?";
  return e.name && e.name !== "Error" ? `${e.name}: ${e.message}` : e.message || String(error);
}

const words: FlashbarProps.I18nStrings = {
  ariaLabel: "Notices", notificationBarText: "Notices", notificationBarAriaLabel: "Show all notices", errorIconAriaLabel: "Error", warningIconAriaLabel: "Warning", successIconAriaLabel: "Success", infoIconAriaLabel: "Information", inProgressIconAriaLabel: "In progress",
};

export function Notices() {
  const shown = useSyncExternalStore((tell) => (listeners.add(tell), () => listeners.delete(tell)), () => items);
  return <Flashbar items={shown} stackItems={shown.length > 2} i18nStrings={words} />;
}
