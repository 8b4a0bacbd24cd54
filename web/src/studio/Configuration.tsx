// What a state does, by its type.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Checkbox from "@cloudscape-design/components/checkbox";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { Machine, StateDefinition } from "../asl/definition";
import { conditionText } from "../asl/graph";
import { ChoiceField, JsonField, NumberField, TargetField, TextField } from "./fields";
import { comparisonOf, operators, valueKind, withComparison } from "./rule";

export interface FormProps {
  machine: Machine;
  name: string;
  state: StateDefinition;
  jsonata: boolean;
  among: string[]; // the states that it may lead to
  onChange: (members: Partial<StateDefinition>, what: string) => void;
}

const patterns = [
  { value: "", label: "Request and go on" },
  { value: "sync", label: "Wait until it is done (.sync)" },
  { value: "waitForTaskToken", label: "Wait for a callback with the task token" },
];

function TaskForm({ state, jsonata, onChange }: FormProps) {
  const resource = state.Resource ?? "";
  const parts = /^(arn:[^:]+:states:[^:]*:[^:]*:[^.]+?)(?:\.(sync(?::2)?|waitForTaskToken))?$/.exec(resource);
  const integration = parts && !/:activity:/.test(resource);
  const member = jsonata ? "Arguments" : "Parameters";
  return (
    <>
      <TextField required label="Resource" value={state.Resource} onChange={(Resource) => onChange({ Resource }, "Resource")} placeholder="arn:aws:states:::service:action" />
      {integration && (
        <ChoiceField label="Integration type" value={parts[2]?.startsWith("sync") ? "sync" : (parts[2] ?? "")} options={patterns}
          onChange={(v) => onChange({ Resource: `${parts[1]}${v ? `.${v === "sync" && parts[1].endsWith("states:startExecution") ? "sync:2" : v}` : ""}` }, "")} />
      )}
      <JsonField label={jsonata ? "Arguments" : "API parameters"} value={state[member]} onChange={(v) => onChange({ [member]: v }, member)} height={190} />
      <NumberField label="Timeout in seconds" value={state.TimeoutSeconds as number} onChange={(v) => onChange({ TimeoutSeconds: v }, "TimeoutSeconds")} />
      <NumberField label="Heartbeat in seconds" value={state.HeartbeatSeconds as number} onChange={(v) => onChange({ HeartbeatSeconds: v }, "HeartbeatSeconds")} />
      <TextField label="Role to call it with" value={(state.Credentials as { RoleArn?: string } | undefined)?.RoleArn} onChange={(RoleArn) => onChange({ Credentials: RoleArn ? { RoleArn } : undefined }, "Credentials")} placeholder="arn:aws:iam::000000000000:role/other" />
    </>
  );
}

function ChoiceForm({ state, jsonata, among, onChange }: FormProps) {
  const rules = state.Choices ?? [];
  const set = (list: typeof rules, what = "") => onChange({ Choices: list }, what);
  const change = (i: number, rule: (typeof rules)[number], what = "") => set(rules.map((old, at) => (at === i ? rule : old)), what);
  const swap = (i: number, j: number) => set(rules.map((r, at) => (at === i ? rules[j] : at === j ? rules[i] : r)));
  return (
    <SpaceBetween size="s">
      <Box variant="h4">Choice rules</Box>
      {rules.map((rule, i) => {
        const comparison = jsonata ? undefined : comparisonOf(rule);
        const { Next, Comment, ...rest } = rule;
        const compare = (c: Partial<NonNullable<typeof comparison>>) => change(i, withComparison(rule, { ...comparison!, ...c }) as typeof rule, `rule ${i}`);
        return (
          <ExpandableSection key={i} defaultExpanded={rules.length < 3} headerText={`Rule #${i + 1}: ${conditionText(rule) || "no condition"}`}
            headerActions={<SpaceBetween direction="horizontal" size="xxs">{i > 0 && <Button variant="inline-icon" iconName="angle-up" ariaLabel={`Move rule ${i + 1} up`} onClick={() => swap(i, i - 1)} />}<Button variant="inline-icon" iconName="remove" ariaLabel={`Remove rule ${i + 1}`} onClick={() => set(rules.filter((_, at) => at !== i))} /></SpaceBetween>}>
            <SpaceBetween size="s">
              {jsonata && <TextField required label="Condition" value={rule.Condition as string} onChange={(Condition) => change(i, { ...rule, Condition: Condition ?? "" }, `rule ${i}`)} placeholder="{% $states.input.ready %}" />}
              {comparison && (
                <>
                  <Checkbox checked={comparison.not} onChange={({ detail }) => compare({ not: detail.checked })}>Not</Checkbox>
                  <TextField required label="Variable" value={comparison.variable} onChange={(v) => compare({ variable: v ?? "" })} placeholder="$.ready" />
                  <ChoiceField label="Operator" value={comparison.operator} onChange={(operator) => compare({ operator, value: valueKind(operator) === "truth" ? "true" : comparison.value })} options={operators.map((o) => ({ value: o, label: o }))} />
                  {valueKind(comparison.operator) === "truth"
                    ? <ChoiceField label="Value" value={comparison.value === "false" ? "false" : "true"} onChange={(value) => compare({ value })} options={[{ value: "true", label: "true" }, { value: "false", label: "false" }]} />
                    : <TextField required label="Value" value={comparison.value} onChange={(v) => compare({ value: v ?? "" })} placeholder={valueKind(comparison.operator) === "path" ? "$.other" : undefined} />}
                </>
              )}
              {!jsonata && !comparison && <JsonField label="Condition as JSON" value={rest} onChange={(v) => change(i, { ...(v as object), ...(Next ? { Next } : {}), ...(Comment ? { Comment } : {}) }, `rule ${i}`)} height={140} />}
              <TargetField label="Then go to" value={Next} onChange={(to) => { const { Next: _, ...bare } = rule; change(i, to ? { ...bare, Next: to } : bare); }} among={among} end="None yet: drop one at its place" />
              <TextField label="Comment" value={Comment} onChange={(c) => { const { Comment: _, ...bare } = rule; change(i, c ? { ...bare, Comment: c } : bare, `rule ${i}`); }} />
            </SpaceBetween>
          </ExpandableSection>
        );
      })}
      <Button iconName="add-plus" onClick={() => set([...rules, jsonata ? { Condition: "{% false %}" } : { Variable: "$.value", StringEquals: "" }])}>Add rule</Button>
      <TargetField label="Default: where no rule fits" value={state.Default} onChange={(Default) => onChange({ Default }, "")} among={among} end="None: such an input is an error" />
    </SpaceBetween>
  );
}

const waits = [{ value: "Seconds", label: "For a number of seconds" }, { value: "Timestamp", label: "Until a moment" }, { value: "SecondsPath", label: "For seconds that the input names" }, { value: "TimestampPath", label: "Until a moment that the input names" }];

function WaitForm({ state, jsonata, onChange }: FormProps) {
  const kind = waits.find((w) => state[w.value] !== undefined)?.value ?? "Seconds";
  const first: Record<string, unknown> = { Seconds: 5, Timestamp: "2030-01-01T00:00:00Z", SecondsPath: "$.seconds", TimestampPath: "$.until" };
  const only = (member: string, value: unknown) => ({ ...Object.fromEntries(waits.map((w) => [w.value, undefined])), [member]: value });
  return (
    <>
      <ChoiceField label="Waits" value={kind} options={jsonata ? waits.slice(0, 2) : waits} onChange={(v) => onChange(only(v, first[v]), "")} />
      {kind === "Seconds" ? <NumberField required label="Seconds" value={state.Seconds as number} onChange={(v) => onChange({ Seconds: v }, "Seconds")} /> : <TextField required label={kind} value={state[kind] as string} onChange={(v) => onChange({ [kind]: v }, kind)} />}
    </>
  );
}

function ParallelForm({ state, onChange }: FormProps) {
  const branches = state.Branches ?? [];
  return (
    <SpaceBetween size="s">
      <Box variant="h4">Branches</Box>
      {branches.map((b, i) => (
        <SpaceBetween key={i} direction="horizontal" size="xs" alignItems="center">
          <span>#{i + 1}: {Object.keys(b.States ?? {}).length ? `${b.StartAt ?? "?"} and on, ${Object.keys(b.States ?? {}).length} states` : "empty"}</span>
          <Button variant="inline-link" ariaLabel={`Remove branch ${i + 1}`} onClick={() => onChange({ Branches: branches.filter((_, at) => at !== i) }, "")}>Remove</Button>
        </SpaceBetween>
      ))}
      <Button iconName="add-plus" onClick={() => onChange({ Branches: [...branches, { States: {} }] }, "")}>Add branch</Button>
    </SpaceBetween>
  );
}

function MapForm({ state, jsonata, onChange }: FormProps) {
  const processor = state.ItemProcessor ?? state.Iterator ?? {};
  const distributed = state.ItemProcessor?.ProcessorConfig?.Mode === "DISTRIBUTED";
  const setMode = (mode: string) => {
    const { ProcessorConfig: _, ...rest } = processor as NonNullable<StateDefinition["ItemProcessor"]>;
    onChange({ Iterator: undefined, ItemProcessor: { ProcessorConfig: mode === "DISTRIBUTED" ? { Mode: mode, ExecutionType: "STANDARD" } : { Mode: mode }, ...rest }, ...(mode === "INLINE" ? { ItemReader: undefined, ItemBatcher: undefined, ResultWriter: undefined, Label: undefined, ToleratedFailureCount: undefined, ToleratedFailurePercentage: undefined } : {}) }, "");
  };
  return (
    <>
      <ChoiceField label="Processing mode" value={distributed ? "DISTRIBUTED" : "INLINE"} onChange={setMode} options={[{ value: "INLINE", label: "Inline", description: "The items are looked after within this execution" }, { value: "DISTRIBUTED", label: "Distributed", description: "Each item, or batch, has a child execution" }]} />
      {distributed && <ChoiceField label="Child executions" value={state.ItemProcessor?.ProcessorConfig?.ExecutionType ?? "STANDARD"} onChange={(ExecutionType) => onChange({ ItemProcessor: { ...state.ItemProcessor!, ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType } } }, "")} options={[{ value: "STANDARD", label: "Standard" }, { value: "EXPRESS", label: "Express" }]} />}
      {jsonata ? <JsonField label="Items" value={state.Items} onChange={(Items) => onChange({ Items }, "Items")} height={80} /> : <TextField label="Path to the items" value={state.ItemsPath as string} onChange={(ItemsPath) => onChange({ ItemsPath }, "ItemsPath")} placeholder="$.items" />}
      <JsonField label="What each item gets (ItemSelector)" value={state.ItemSelector ?? state.Parameters} onChange={(ItemSelector) => onChange({ ItemSelector, Parameters: undefined }, "ItemSelector")} />
      <NumberField label="Max concurrency" value={state.MaxConcurrency as number} onChange={(v) => onChange({ MaxConcurrency: v }, "MaxConcurrency")} />
      {distributed && (
        <>
          <JsonField label="Where the items are read (ItemReader)" value={state.ItemReader} onChange={(ItemReader) => onChange({ ItemReader }, "ItemReader")} />
          <JsonField label="Batches (ItemBatcher)" value={state.ItemBatcher} onChange={(ItemBatcher) => onChange({ ItemBatcher }, "ItemBatcher")} height={80} />
          <JsonField label="Where the results go (ResultWriter)" value={state.ResultWriter} onChange={(ResultWriter) => onChange({ ResultWriter }, "ResultWriter")} />
          <NumberField label="Tolerated failures in percent" value={state.ToleratedFailurePercentage as number} onChange={(v) => onChange({ ToleratedFailurePercentage: v }, "ToleratedFailurePercentage")} />
          <NumberField label="Tolerated failures" value={state.ToleratedFailureCount as number} onChange={(v) => onChange({ ToleratedFailureCount: v }, "ToleratedFailureCount")} />
        </>
      )}
    </>
  );
}

const FailForm = ({ state, onChange }: FormProps) => (
  <>
    <TextField label="Error" value={state.Error as string} onChange={(v) => onChange({ Error: v, ErrorPath: undefined }, "Error")} placeholder="MyError" />
    <TextField label="Cause" value={state.Cause as string} onChange={(v) => onChange({ Cause: v, CausePath: undefined }, "Cause")} />
  </>
);

const forms: Record<string, (props: FormProps) => React.ReactNode> = { Task: TaskForm, Choice: ChoiceForm, Wait: WaitForm, Parallel: ParallelForm, Map: MapForm, Fail: FailForm };

export function Configuration(props: FormProps) {
  const { state, among, name, onChange } = props;
  const Form = forms[state.Type ?? ""];
  const leads = !["Choice", "Succeed", "Fail"].includes(state.Type ?? "");
  return (
    <SpaceBetween size="m">
      {Form && <div className="form-rows"><Form {...props} /></div>}
      {state.Type === "Pass" && !props.jsonata && <JsonField label="Result" description="What it gives in place of its input." value={state.Result} onChange={(Result) => onChange({ Result }, "Result")} height={140} />}
      {leads && <TargetField label="Next state" value={state.Next} onChange={(to) => onChange(to ? { Next: to, End: undefined } : { Next: undefined, End: true }, "")} among={among.filter((n) => n !== name)} />}
      <TextField label="Comment" value={state.Comment} onChange={(Comment) => onChange({ Comment }, "Comment")} />
    </SpaceBetween>
  );
}
