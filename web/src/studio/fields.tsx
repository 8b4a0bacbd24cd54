// The fields of the inspector's forms. Each is told a member's value, and tells the new one: undefined where it is to go.
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import { lazy, Suspense, useEffect, useRef, useState, type ReactNode } from "react";
import { Waiting } from "../ui/Page";

const CodeEditor = lazy(() => import("../editor/CodeEditor"));

interface FieldProps<T> {
  label: string;
  value: T | undefined;
  onChange: (value: T | undefined) => void;
  description?: ReactNode;
}

const optional = (label: string) => <>{label} <i>- optional</i></>;

export function TextField({ label, value, onChange, description, placeholder, required }: FieldProps<string> & { placeholder?: string; required?: boolean }) {
  return (
    <FormField label={required ? label : optional(label)} description={description} stretch>
      <Input value={value ?? ""} onChange={({ detail }) => onChange(detail.value === "" ? undefined : detail.value)} placeholder={placeholder} spellcheck={false} />
    </FormField>
  );
}

/** A number, or an expression that gives one. */
export function NumberField({ label, value, onChange, description, required }: FieldProps<number | string> & { required?: boolean }) {
  const read = (text: string) => (text.trim() === "" ? undefined : Number.isFinite(Number(text)) ? Number(text) : text);
  return (
    <FormField label={required ? label : optional(label)} description={description} stretch>
      <Input value={value === undefined ? "" : String(value)} onChange={({ detail }) => onChange(read(detail.value))} inputMode="decimal" spellcheck={false} />
    </FormField>
  );
}

export function ChoiceField({ label, value, onChange, options, description }: { label: string; value: string; onChange: (value: string) => void; options: Array<{ value: string; label: string; description?: string }>; description?: ReactNode }) {
  return (
    <FormField label={label} description={description} stretch>
      <Select options={options} selectedOption={options.find((o) => o.value === value) ?? { value, label: value }} onChange={({ detail }) => onChange(detail.selectedOption.value ?? "")} filteringType={options.length > 12 ? "auto" : "none"} filteringAriaLabel="Find" filteringClearAriaLabel="Clear the search" expandToViewport />
    </FormField>
  );
}

/** Where a state leads; "" is the end. */
export function TargetField({ label, value, onChange, among, end = "Go to end" }: { label: string; value: string | undefined; onChange: (value: string | undefined) => void; among: string[]; end?: string }) {
  return <ChoiceField label={label} value={value ?? ""} onChange={(v) => onChange(v === "" ? undefined : v)} options={[...among.map((name) => ({ value: name, label: name })), { value: "", label: end }]} />;
}

const shown = (value: unknown): string => (value === undefined ? "" : typeof value === "string" && value.startsWith("{%") ? value : JSON.stringify(value, null, 2));

function read(text: string): { value?: unknown; problem?: string } {
  const trimmed = text.trim();
  if (trimmed === "") return { value: undefined };
  if (trimmed.startsWith("{%")) return trimmed.endsWith("%}") ? { value: trimmed } : { problem: "The expression does not end with %}." };
  try {
    return { value: JSON.parse(trimmed) as unknown };
  } catch (error) {
    return { problem: `This is not JSON: ${(error as Error).message}` };
  }
}

/** JSON, or one {% expression %}. What can't be read yet stays in the field alone. */
export function JsonField({ label, value, onChange, description, height = 110 }: FieldProps<unknown> & { height?: number }) {
  const [text, setText] = useState(() => shown(value));
  const [problem, setProblem] = useState<string>();
  const known = useRef(JSON.stringify(value));
  useEffect(() => {
    const now = JSON.stringify(value);
    if (now === known.current) return;
    known.current = now;
    setText(shown(value));
    setProblem(undefined);
  }, [value]);
  const typed = (next: string) => {
    if (next === text) return;
    setText(next);
    const found = read(next);
    setProblem(found.problem);
    if (found.problem !== undefined || JSON.stringify(found.value) === known.current) return;
    known.current = JSON.stringify(found.value);
    onChange(found.value);
  };
  return (
    <FormField label={optional(label)} description={description} errorText={problem} stretch>
      <Suspense fallback={<Waiting />}><CodeEditor value={text} onChange={typed} label={label} height={height} /></Suspense>
    </FormField>
  );
}
