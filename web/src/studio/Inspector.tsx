// The chosen state's form; with none chosen, the workflow's own members.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tabs, { type TabsProps } from "@cloudscape-design/components/tabs";
import { lazy, Suspense, useEffect, useState } from "react";
import { serviceOf, type Machine, type StateDefinition } from "../asl/definition";
import { change, changeMachine, duplicate, find, nameProblem, remove, rename, speaksJsonata, targets, type Edited } from "../asl/edit";
import { StateIcon } from "../graph/icons";
import { Waiting } from "../ui/Page";
import { Configuration } from "./Configuration";
import { ErrorHandling } from "./ErrorHandling";
import { ChoiceField, JsonField, NumberField, TextField } from "./fields";

const TestState = lazy(() => import("../pages/TestState"));

interface Props {
  machine: Machine;
  selected: string | undefined;
  roleArn: string;
  onEdit: (edited: Edited, what?: string) => void;
}

const languages = [{ value: "JSONata", label: "JSONata" }, { value: "JSONPath", label: "JSONPath" }];

export function Inspector({ machine, selected, roleArn, onEdit }: Props) {
  const [tab, setTab] = useState("configuration");
  const found = selected === undefined ? undefined : find(machine, selected);
  if (selected === undefined || !found) {
    const set = (members: Partial<Machine>, what: string) => onEdit({ machine: changeMachine(machine, members), name: undefined }, what);
    return (
      <SpaceBetween size="m">
        <Box variant="h3">Workflow</Box>
        <TextField label="Comment" value={machine.Comment} onChange={(Comment) => set({ Comment }, "Comment")} />
        <ChoiceField label="Query language" value={machine.QueryLanguage ?? "JSONPath"} onChange={(v) => set({ QueryLanguage: v === "JSONPath" ? undefined : v }, "")} options={languages} description="In which states speak of data; a state can have its own." />
        <NumberField label="Timeout in seconds" value={machine.TimeoutSeconds} onChange={(v) => set({ TimeoutSeconds: v as number }, "TimeoutSeconds")} />
        <Box color="text-body-secondary" fontSize="body-s">Choose a state to edit it. Drag one from the palette onto the picture, or choose a + there, by mouse or keyboard, to put one in.</Box>
      </SpaceBetween>
    );
  }
  const { state } = found;
  const type = state.Type ?? "";
  const jsonata = speaksJsonata(machine, selected);
  const among = targets(machine, selected);
  const set = (members: Partial<StateDefinition>, what: string) => onEdit({ machine: change(machine, selected, members), name: selected }, what && `${selected} ${what}`);
  const form = { machine, name: selected, state, jsonata, among, onChange: set };
  const tabs: TabsProps.Tab[] = [{ id: "configuration", label: "Configuration", content: <Configuration {...form} /> }];
  if (type !== "Fail") tabs.push({ id: "data", label: jsonata ? "Arguments & Output" : "Input/Output", content: <Data state={state} jsonata={jsonata} machine={machine} onChange={set} /> });
  if (!["Succeed", "Fail"].includes(type)) tabs.push({ id: "variables", label: "Variables", content: <JsonField label="Assign" description="Variables that later states see, by name." value={state.Assign} onChange={(Assign) => set({ Assign }, "Assign")} height={180} /> });
  if (["Task", "Parallel", "Map"].includes(type)) tabs.push({ id: "errors", label: "Error handling", content: <ErrorHandling state={state} jsonata={jsonata} among={among.filter((n) => n !== selected)} onChange={set} /> });
  tabs.push({ id: "test", label: "Test state", content: <Suspense fallback={<Waiting />}><TestState key={selected} machine={machine} state={selected} roleArn={roleArn} /></Suspense> });
  const service = serviceOf(state);
  return (
    <SpaceBetween size="s">
      <div className="inspector-head">
        <StateIcon state={state} size={30} />
        <Box color="text-body-secondary" fontSize="body-s">{service ? `${service.title}: ${service.action}` : `${type} state`}</Box>
        <SpaceBetween direction="horizontal" size="xxs">
          <Button variant="icon" iconName="copy" ariaLabel={`Duplicate ${selected}`} onClick={() => onEdit(duplicate(machine, selected))} />
          <Button variant="icon" iconName="remove" ariaLabel={`Delete ${selected}`} onClick={() => onEdit(remove(machine, selected))} />
        </SpaceBetween>
      </div>
      <NameField key={`name ${selected}`} machine={machine} name={selected} onRename={(to) => onEdit(rename(machine, selected, to))} />
      <div className="step-details" key={`form ${selected}`}>
        <Tabs tabs={tabs} activeTabId={tabs.some((t) => t.id === tab) ? tab : "configuration"} onChange={({ detail }) => setTab(detail.activeTabId)} ariaLabel={`Form of ${selected}`} i18nStrings={{ scrollLeftAriaLabel: "Tabs before", scrollRightAriaLabel: "Further tabs" }} />
      </div>
    </SpaceBetween>
  );
}

function NameField({ machine, name, onRename }: { machine: Machine; name: string; onRename: (to: string) => void }) {
  const [draft, setDraft] = useState(name);
  useEffect(() => setDraft(name), [name]);
  const problem = nameProblem(machine, draft, name);
  const done = () => (problem ? setDraft(name) : draft !== name && onRename(draft));
  return (
    <FormField label="State name" errorText={problem} stretch>
      <Input value={draft} onChange={({ detail }) => setDraft(detail.value)} onBlur={done} onKeyDown={({ detail }) => detail.key === "Enter" && done()} spellcheck={false} />
    </FormField>
  );
}

function Data({ state, jsonata, machine, onChange }: { state: StateDefinition; jsonata: boolean; machine: Machine; onChange: (members: Partial<StateDefinition>, what: string) => void }) {
  const text = (member: string, placeholder: string, description: string) => <TextField label={member} description={description} value={state[member] === null ? "null" : (state[member] as string | undefined)} onChange={(v) => onChange({ [member]: v === "null" ? null : v }, member)} placeholder={placeholder} />;
  const json = (member: string, description: string, height?: number) => <JsonField label={member} description={description} value={state[member]} onChange={(v) => onChange({ [member]: v }, member)} height={height} />;
  const type = state.Type ?? "";
  const works = ["Task", "Parallel", "Map"].includes(type);
  return (
    <SpaceBetween size="m">
      {jsonata ? (
        <div className="form-rows">
          {["Task", "Parallel"].includes(type) && json("Arguments", "What it is called with.", 160)}
          {json("Output", "What it gives. Without it: its result.", 160)}
        </div>
      ) : (
        <div className="form-rows">
          {text("InputPath", "$", "The part of the input that it sees.")}
          {["Task", "Parallel", "Pass"].includes(type) && json("Parameters", "What it is given, made of the input.", 160)}
          {works && json("ResultSelector", "What is kept of its result.")}
          {["Task", "Parallel", "Map", "Pass"].includes(type) && text("ResultPath", "$", "Where the result goes in the input; null drops it.")}
          {text("OutputPath", "$", "The part that goes on.")}
        </div>
      )}
      <ChoiceField label="Query language" value={state.QueryLanguage ?? ""} onChange={(v) => onChange({ QueryLanguage: v || undefined }, "")} options={[{ value: "", label: `As the workflow: ${machine.QueryLanguage ?? "JSONPath"}` }, ...languages.filter((l) => l.value !== (machine.QueryLanguage ?? "JSONPath") && l.value === "JSONata")]} />
    </SpaceBetween>
  );
}
