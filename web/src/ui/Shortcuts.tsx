import Modal from "@cloudscape-design/components/modal";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Box from "@cloudscape-design/components/box";
import { jumps } from "./keys";

const others: Record<string, string> = {
  "?": "These keys", "/": "To the page's search", n: "New execution (state machine, execution)", r: "Ask the server again", "[ ]": "One event back or on (execution, time slider)", p: "Replay, or pause it (execution)", v: "Graph or table (execution)", l: "Copy the link to the chosen state (execution)",
  "Arrow keys": "From state to state (a picture that has the focus)", j: "Next state (execution)", k: "State before (execution)",
  i: "Insert a state behind the chosen one (Studio)", Delete: "Take the chosen state out (Studio)", "Ctrl+D": "Duplicate it (Studio)", "Ctrl+Z": "Undo; with Shift: redo (Studio)",
};

export default function Shortcuts({ onClose }: { onClose: () => void }) {
  const item = ([keys, value]: [string, string]) => ({ label: <Box variant="code">{keys}</Box>, value });
  return (
    <Modal visible header="Keyboard shortcuts" onDismiss={onClose} closeAriaLabel="Close">
      <KeyValuePairs columns={2} items={[...Object.entries(jumps).map(([k, v]) => item([k, v[0]])), ...Object.entries(others).map(item)]} />
    </Modal>
  );
}
