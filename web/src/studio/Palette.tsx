// The palette: states to be dragged onto the picture, or put behind the chosen one by a click or Enter.
import Input, { type InputProps } from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { dragType } from "../graph/Graph";
import { StateIcon } from "../graph/icons";
import { search, type PaletteItem } from "./items";

const label = "Which state";
const groups = [{ id: "actions", text: "Actions" }, { id: "flow", text: "Flow" }, { id: "patterns", text: "Patterns" }];

function Items({ items, onChoose, draggable = false }: { items: PaletteItem[]; onChoose: (item: PaletteItem) => void; draggable?: boolean }) {
  let service = "";
  const rows: ReactNode[] = [];
  for (const item of items) {
    if (item.service !== service) rows.push(<h4 key={`of ${item.id}`} className="palette-service">{(service = item.service)}</h4>);
    rows.push(
      <button key={item.id} type="button" className="palette-item" data-item={item.id} draggable={draggable} onClick={() => onChoose(item)}
        onDragStart={(event) => (event.dataTransfer.setData(dragType, JSON.stringify({ item: item.id })), (event.dataTransfer.effectAllowed = "copyMove"))}>
        <StateIcon state={item.picture} size={26} />
        <span><b>{item.title}</b>{item.description && <small>{item.description}</small>}</span>
      </button>,
    );
  }
  return rows.length ? <div className="palette-items">{rows}</div> : <p className="palette-none">Nothing has this name. Any AWS API is a Task with its Resource.</p>;
}

export function Palette({ onChoose }: { onChoose: (item: PaletteItem) => void }) {
  const [text, setText] = useState("");
  const [group, setGroup] = useState("actions");
  const items = search(text);
  return (
    <SpaceBetween size="s">
      <Input type="search" value={text} onChange={({ detail }) => setText(detail.value)} placeholder="Search" ariaLabel="Search the palette" clearAriaLabel="Clear" />
      {!text && (
        <div className="palette-groups" role="group" aria-label="What to put in">
          {groups.map((g) => <button key={g.id} type="button" aria-pressed={g.id === group} onClick={() => setGroup(g.id)}>{g.text}</button>)}
        </div>
      )}
      <Items items={text ? items : items.filter((i) => i.group === group)} onChoose={onChoose} draggable />
    </SpaceBetween>
  );
}

/** What to put in at a place that was chosen by its +. Enter takes the first that fits. */
export function InsertDialog({ words, onChoose, onClose }: { words: string; onChoose: (item: PaletteItem) => void; onClose: () => void }) {
  const [text, setText] = useState("");
  const input = useRef<InputProps.Ref>(null);
  // The dialog gives the focus to its first button; the search is what is wanted.
  useEffect(() => {
    let frame = 0;
    const until = performance.now() + 1_000;
    const take = () => {
      if (document.activeElement?.getAttribute("aria-label") !== label) input.current?.focus();
      if (performance.now() < until) frame = requestAnimationFrame(take);
    };
    frame = requestAnimationFrame(take);
    return () => cancelAnimationFrame(frame);
  }, []);
  const found = search(text);
  const items = text ? found : [...found.filter((i) => i.group === "flow"), ...found.filter((i) => i.group !== "flow")];
  return (
    <Modal visible header={`Insert a state ${words}`} onDismiss={onClose} closeAriaLabel="Close">
      <SpaceBetween size="s">
        <Input ref={input} type="search" value={text} onChange={({ detail }) => setText(detail.value)} onKeyDown={(event) => {
          if (event.detail.key !== "Enter" || !items[0]) return;
          event.preventDefault(); // else the + that gets the focus back is pressed by the same key
          onChoose(items[0]);
        }} placeholder="Pass, publish, wait ..." ariaLabel={label} clearAriaLabel="Clear" />
        <div className="insert-list"><Items items={items} onChoose={onChoose} /></div>
      </SpaceBetween>
    </Modal>
  );
}
