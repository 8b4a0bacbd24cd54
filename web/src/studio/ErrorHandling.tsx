// Retry and Catch of a state.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { StateDefinition } from "../asl/definition";
import { ChoiceField, JsonField, NumberField, TargetField, TextField } from "./fields";

const names = (text: string | undefined) => (text ?? "").split(",").map((n) => n.trim()).filter(Boolean);
const known = "Names, separated by commas: States.ALL, States.TaskFailed, States.Timeout, States.Permissions, or an error of the task.";

interface Props {
  state: StateDefinition;
  jsonata: boolean;
  among: string[];
  onChange: (members: Partial<StateDefinition>, what: string) => void;
}

export function ErrorHandling({ state, jsonata, among, onChange }: Props) {
  const retry = state.Retry ?? [], caught = state.Catch ?? [];
  const setRetry = (list: typeof retry, what = "") => onChange({ Retry: list.length ? list : undefined }, what);
  const setCatch = (list: typeof caught, what = "") => onChange({ Catch: list.length ? list : undefined }, what);
  const tidy = <T extends object>(item: T, change: Partial<T>): T => Object.fromEntries(Object.entries({ ...item, ...change }).filter(([, v]) => v !== undefined)) as T;
  return (
    <SpaceBetween size="m">
      <Box variant="h4">Retry on errors</Box>
      {retry.map((r, i) => {
        const set = (change: Partial<typeof r>) => setRetry(retry.map((old, at) => (at === i ? tidy(old, change) : old)), `retry ${i}`);
        return (
          <ExpandableSection key={i} defaultExpanded={retry.length === 1} headerText={`Retrier #${i + 1}: ${(r.ErrorEquals ?? []).join(", ") || "no error is named"}`} headerActions={<Button variant="inline-link" ariaLabel={`Remove retrier ${i + 1}`} onClick={() => setRetry(retry.filter((_, at) => at !== i))}>Remove</Button>}>
            <SpaceBetween size="s">
              <ErrorNames value={r.ErrorEquals} onChange={(ErrorEquals) => set({ ErrorEquals })} />
              <NumberField label="Interval in seconds" value={r.IntervalSeconds} onChange={(v) => set({ IntervalSeconds: v as number })} />
              <NumberField label="Max attempts" value={r.MaxAttempts} onChange={(v) => set({ MaxAttempts: v as number })} />
              <NumberField label="Backoff rate" value={r.BackoffRate} onChange={(v) => set({ BackoffRate: v as number })} />
              <NumberField label="Max delay in seconds" value={r.MaxDelaySeconds} onChange={(v) => set({ MaxDelaySeconds: v as number })} />
              <ChoiceField label="Jitter" value={r.JitterStrategy ?? "NONE"} onChange={(v) => set({ JitterStrategy: v === "NONE" ? undefined : v })} options={[{ value: "NONE", label: "None" }, { value: "FULL", label: "Full" }]} />
            </SpaceBetween>
          </ExpandableSection>
        );
      })}
      <Button iconName="add-plus" onClick={() => setRetry([...retry, { ErrorEquals: ["States.ALL"], IntervalSeconds: 1, MaxAttempts: 3, BackoffRate: 2 }])}>Add retrier</Button>
      <Box variant="h4">Catch errors</Box>
      {caught.map((c, i) => {
        const set = (change: Partial<typeof c>) => setCatch(caught.map((old, at) => (at === i ? tidy(old, change) : old)), `catch ${i}`);
        return (
          <ExpandableSection key={i} defaultExpanded={caught.length === 1} headerText={`Catcher #${i + 1}: ${(c.ErrorEquals ?? []).join(", ") || "no error is named"}`} headerActions={<Button variant="inline-link" ariaLabel={`Remove catcher ${i + 1}`} onClick={() => setCatch(caught.filter((_, at) => at !== i))}>Remove</Button>}>
            <SpaceBetween size="s">
              <ErrorNames value={c.ErrorEquals} onChange={(ErrorEquals) => set({ ErrorEquals })} />
              <TargetField label="Fallback state" value={c.Next} onChange={(Next) => set({ Next })} among={among} end="None yet: drop one at its place" />
              <TextField label="Comment" value={c.Comment} onChange={(Comment) => set({ Comment })} />
              {jsonata ? <JsonField label="Output of the catcher" value={c.Output} onChange={(Output) => set({ Output })} height={80} /> : <TextField label="ResultPath of the catcher" value={c.ResultPath ?? undefined} onChange={(ResultPath) => set({ ResultPath })} placeholder="$.error" />}
            </SpaceBetween>
          </ExpandableSection>
        );
      })}
      <Button iconName="add-plus" onClick={() => setCatch([...caught, { ErrorEquals: ["States.ALL"] }])}>Add catcher</Button>
    </SpaceBetween>
  );
}

function ErrorNames({ value, onChange }: { value: string[] | undefined; onChange: (value: string[]) => void }) {
  return <TextField required label="Errors" description={known} value={(value ?? []).join(", ")} onChange={(v) => onChange(v?.endsWith(",") ? [...names(v), ""] : names(v))} />;
}
