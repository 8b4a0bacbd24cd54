// Keys without the mouse: "g s" goes to the state machines, "/" to the search, "?" shows them all.
import { useEffect, useRef } from "react";
import { go, paths } from "../router";

export const jumps: Record<string, [string, string]> = {
  "g s": ["State machines", paths.machines], "g p": ["Sample projects", paths.samples], "g c": ["CloudFormation stacks", paths.stacks], "g e": ["ECS clusters", paths.clusters],
  "g t": ["SNS topics", paths.topics], "g q": ["SQS queues", paths.queues], "g l": ["Log groups", paths.logGroups], "g r": ["EventBridge rules", paths.rules], "g m": ["Metrics", paths.metrics], "g v": ["Activities", paths.activities], "g a": ["Access decisions", paths.decisions], "g i": ["Imported history", paths.imported],
};

/** Whether a key that is pressed there belongs to a field. */
export const typing = (target: EventTarget | null) => target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.shadowRoot !== null);

/** Whether a dialog is open: the closed ones are in the page as well. */
export const inDialog = () => [...document.querySelectorAll("[role=dialog]")].some((dialog) => dialog.checkVisibility());

/** Calls what is bound to a key, or to two in a row ("g s"). Keys that are typed into a field stay there. */
export function useKeys(bound: Record<string, () => void>) {
  const current = useRef(bound);
  current.current = bound;
  useEffect(() => {
    let first = "", at = 0;
    const pressed = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || inDialog()) return;
      const both = Date.now() - at < 2_000 ? `${first} ${event.key}` : event.key;
      first = event.key;
      at = Date.now();
      if (jumps[both]) {
        // The second key of a jump is no key of the page's own.
        if (current.current["?"]) event.preventDefault(), go(jumps[both][1]);
        return;
      }
      const action = current.current[both] ?? current.current[event.key];
      if (!action) return;
      event.preventDefault();
      action();
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, []);
}
