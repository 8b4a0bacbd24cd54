// The design mode: palette, picture, and the chosen state's form.
import Alert from "@cloudscape-design/components/alert";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { lazy, Suspense, useEffect, useMemo, useState } from "react";
import type { Machine } from "../asl/definition";
import { duplicate, find, insert, move, remove, slotsOf, speaksJsonata, target, type Edited, type Slot } from "../asl/edit";
import { session } from "../aws/session";
import { useServer } from "../aws/queries";
import type { Dragged, Editing } from "../graph/Graph";
import { inDialog, typing } from "../ui/keys";
import { Waiting } from "../ui/Page";
import type { Diagnosed } from "./diagnostics";
import { Inspector } from "./Inspector";
import { paletteItem, type PaletteItem } from "./items";
import { InsertDialog, Palette } from "./Palette";
import { stateAt } from "./findings";
import "./studio.css";

const Graph = lazy(() => import("../graph/Graph"));

interface Props {
  machine: Machine | undefined;
  name: string;
  roleArn: string;
  diagnostics: Diagnosed;
  text: string;
  selected: string | undefined;
  onSelect: (name: string | undefined) => void;
  onEdit: (edited: Edited, what?: string) => void;
  onUndo: () => void;
  onRedo: () => void;
}

/** Behind the chosen state; before it, where nothing can come behind; with none chosen, at the end. */
export function usualSlots(machine: Machine, selected: string | undefined): Slot[] {
  const found = selected === undefined ? undefined : find(machine, selected);
  if (selected !== undefined && found) {
    if (found.state.Type === "Choice") return [{ kind: "default", from: selected }];
    if (!["Succeed", "Fail"].includes(found.state.Type ?? "")) return [{ kind: "next", from: selected }];
    const before = slotsOf(found.machine, found.owner, found.branch).filter((s) => target(machine, s) === selected);
    if (before.length) return before;
  }
  const slots = slotsOf(machine);
  return [slots.find((s) => s.kind === "next" && target(machine, s) === undefined) ?? slots[0]];
}

export default function Design({ machine, name, roleArn, diagnostics, text, selected, onSelect, onEdit, onUndo, onRedo }: Props) {
  const server = useServer();
  const [asked, setAsked] = useState<{ slots: Slot[]; words: string }>();
  const put = (item: PaletteItem | undefined, slots: Slot[]) => {
    if (!machine || !item) return;
    // The names that the palette makes up are of this server.
    const made = JSON.stringify(item.make(speaksJsonata(machine))).replaceAll("000000000000", server.data?.account ?? "000000000000").replaceAll("us-east-1", session().region).replaceAll("http://127.0.0.1:4566", window.location.origin);
    const edited = insert(machine, slots, JSON.parse(made) as Machine);
    if (edited.name !== undefined) onEdit(edited);
  };
  const editing = useMemo<Editing>(
    () => ({
      onInsert: (slots, words) => setAsked({ slots, words }),
      onDrop: (slots, dragged: Dragged) => {
        if ("item" in dragged) put(paletteItem(dragged.item), slots);
        else if (machine) onEdit(move(machine, dragged.state, slots));
      },
    }),
    [machine, server.data], // eslint-disable-line
  );

  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (typing(event.target) || inDialog()) return;
      const control = event.ctrlKey || event.metaKey, key = event.key.toLowerCase();
      const act = control && key === "z" ? (event.shiftKey ? onRedo : onUndo)
        : control && key === "y" ? onRedo
        : machine && selected !== undefined && control && key === "d" ? () => onEdit(duplicate(machine, selected))
        : machine && selected !== undefined && !control && (key === "delete" || key === "backspace") ? () => onEdit(remove(machine, selected))
        : machine && !control && key === "i" ? () => setAsked({ slots: usualSlots(machine, selected), words: selected === undefined ? "at the end" : `after ${selected}` })
        : !control && key === "escape" ? () => onSelect(undefined) : undefined;
      if (!act) return;
      event.preventDefault();
      act();
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  });

  const problems = useMemo(() => new Set(diagnostics.found.flatMap((d) => stateAt(d.location) ?? [])), [diagnostics]);
  const errors = diagnostics.found.filter((d) => d.severity === "ERROR").length;
  return (
    <>
      {!machine && <Alert type="error" header="The definition is not JSON">Mend it in the Code mode; then there is a picture of it again.</Alert>}
      <div className="studio">
        <section className="studio-side" aria-label="Palette" tabIndex={-1}><Palette onChoose={(item) => machine && put(item, usualSlots(machine, selected))} /></section>
        <div className="studio-canvas">
          <Suspense fallback={<Waiting />}><Graph machine={machine} height="100%" fileName={name} selected={selected} onSelect={onSelect} problems={problems} editing={editing} /></Suspense>
          <section className="studio-problems" aria-label="Findings">
            {diagnostics.asked === text && diagnostics.found.length === 0 && diagnostics.error === undefined ? <StatusIndicator type="success">The server finds nothing wrong with it</StatusIndicator> : (
              <>
                {diagnostics.found.length > 0 && <StatusIndicator type={errors ? "error" : "warning"}>{errors ? `${errors} ${errors === 1 ? "error" : "errors"}` : `${diagnostics.found.length} ${diagnostics.found.length === 1 ? "warning" : "warnings"}`}</StatusIndicator>}
                {diagnostics.found.length > 0 && (
                  <ul>
                    {diagnostics.found.slice(0, 30).map((d, i) => {
                      const state = stateAt(d.location);
                      return <li key={i}>{state && machine && find(machine, state) ? <button type="button" className="as-link" onClick={() => onSelect(state)}>{state}</button> : null} {d.message}</li>;
                    })}
                  </ul>
                )}
              </>
            )}
          </section>
        </div>
        <section className="studio-side studio-form" aria-label="Inspector">{machine && <Inspector machine={machine} selected={selected} roleArn={roleArn} onEdit={onEdit} />}</section>
      </div>
      {asked && machine && <InsertDialog words={asked.words} onClose={() => setAsked(undefined)} onChoose={(item) => (setAsked(undefined), put(item, asked.slots))} />}
    </>
  );
}
