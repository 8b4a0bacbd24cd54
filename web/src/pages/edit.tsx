// Workflow Studio: one definition in three modes. The text is what is edited; the design's edits are changes of it.
import { CreateStateMachineCommand, PublishStateMachineVersionCommand, UpdateStateMachineCommand, type DescribeStateMachineOutput } from "@aws-sdk/client-sfn";
import { CreateRoleCommand, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ButtonDropdown from "@cloudscape-design/components/button-dropdown";
import Modal from "@cloudscape-design/components/modal";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from "react";
import { parseDefinition, type Machine } from "../asl/definition";
import type { Edited } from "../asl/edit";
import { checkJson, checkName } from "../asl/names";
import { pretty } from "../asl/template";
import { iam } from "../aws/iam";
import { refresh, useMachine, useServer } from "../aws/queries";
import { session } from "../aws/session";
import { sfn } from "../aws/sfn";
import { go, guardLeaving, href, paths, type Place } from "../router";
import type { Settings } from "../studio/Config";
import { useDiagnostics } from "../studio/diagnostics";
import { policyOf } from "../studio/permissions";
import { begin, redo, step, undo } from "../studio/undo";
import { copyCommand } from "../ui/Cli";
import type { Sent } from "../ui/commandLine";
import { download } from "../ui/download";
import { notify, notifyError } from "../ui/notices";
import { Failure, Page, Waiting } from "../ui/Page";

const Design = lazy(() => import("../studio/Design"));
const Code = lazy(() => import("../studio/Code"));
const Config = lazy(() => import("../studio/Config"));

const beginning = JSON.stringify({ Comment: "A description of my state machine", QueryLanguage: "JSONata", StartAt: "Hello", States: { Hello: { Type: "Pass", Output: { greeting: "Hello, world" }, End: true } } }, null, 2);
const modes = [{ id: "design", text: "Design" }, { id: "code", text: "Code" }, { id: "config", text: "Config" }];

export default function EditPage({ place }: { place: Place }) {
  const arn = place.path[2] === "new" ? "" : place.path[2];
  // A new one may begin as a copy of another.
  const model = arn || (place.query.get("from") ?? "");
  const machine = useMachine(model);
  if (machine.error) return <Failure error={machine.error} what="The state machine could not be read" />;
  if (model && !machine.data) return <Waiting />;
  return <Studio key={model} place={place} arn={arn} given={machine.data && !arn ? { ...machine.data, name: `${machine.data.name}-copy`.slice(0, 80) } : machine.data} />;
}

const settingsOf = (m: DescribeStateMachineOutput | undefined): Settings => ({
  name: m?.name ?? "MyStateMachine", type: m?.type ?? "STANDARD", role: m ? "given" : "new", roleArn: m?.roleArn ?? "", level: m?.loggingConfiguration?.level ?? "OFF", data: m?.loggingConfiguration?.includeExecutionData ?? false,
  group: m?.loggingConfiguration?.destinations?.[0]?.cloudWatchLogsLogGroup?.logGroupArn ?? "", tracing: m?.tracingConfiguration?.enabled ?? false, tags: [], publish: false, description: "",
});

function Studio({ place, arn, given }: { place: Place; arn: string; given: DescribeStateMachineOutput | undefined }) {
  const before = useRef({ text: given?.definition ? pretty(given.definition) : beginning, settings: settingsOf(given) }).current;
  const [steps, setSteps] = useState(() => begin(before.text));
  const [settings, setSettings] = useState(before.settings);
  const [selected, setSelected] = useState<string>();
  const [busy, setBusy] = useState(false);
  const [leaving, setLeaving] = useState<() => void>();
  const files = useRef<HTMLInputElement>(null);
  const server = useServer();
  const text = steps.present;
  const machine = useMemo(() => parseDefinition(text), [text]);
  const diagnostics = useDiagnostics(text, settings.type);
  const errors = diagnostics.found.filter((d) => d.severity === "ERROR");
  const mode = place.query.get("mode") ?? "design";
  const base = (query: Record<string, string | undefined>) => href(place.path, { from: place.query.get("from") ?? undefined, ...query });

  // What is not saved is not left by accident.
  const dirty = text !== before.text || JSON.stringify(settings) !== JSON.stringify(before.settings);
  const saved = useRef(false);
  useEffect(() => guardLeaving((path, onwards) => {
    if (!dirty || saved.current || path.join("/") === place.path.join("/")) return false;
    setLeaving(() => onwards);
    return true;
  }), [dirty, place.path]);
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent) => dirty && !saved.current && event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [dirty]);

  const write = (next: string, what: string) => setSteps((s) => step(s, next, what, Date.now()));
  const edit = ({ machine: next, name }: Edited, what = "") => {
    write(JSON.stringify(next, null, 2), what);
    setSelected(name);
  };

  const newRole = () => roleOf(settings.name, machine ?? {}, server.data?.account ?? "000000000000");
  // What saving sends, the role's own commands aside; nothing where nothing was changed.
  const saving = (roleArn: string): CreateStateMachineCommand | UpdateStateMachineCommand | PublishStateMachineVersionCommand | undefined => {
    const loggingConfiguration = settings.level === "OFF" ? { level: settings.level } : { level: settings.level, includeExecutionData: settings.data, destinations: [{ cloudWatchLogsLogGroup: { logGroupArn: settings.group } }] };
    const version = settings.publish ? { publish: true, versionDescription: settings.description || undefined } : {};
    if (arn) {
      const changed = (member: keyof Settings) => settings[member] !== before.settings[member];
      const ofDefinition = text !== before.text || roleArn !== given?.roleArn || changed("level") || changed("data") || changed("group") || changed("tracing");
      if (ofDefinition) {
        return new UpdateStateMachineCommand({
          stateMachineArn: arn, definition: text === before.text ? undefined : text, roleArn: roleArn === given?.roleArn ? undefined : roleArn, ...version,
          loggingConfiguration: changed("level") || changed("data") || changed("group") ? loggingConfiguration : undefined, tracingConfiguration: changed("tracing") ? { enabled: settings.tracing } : undefined,
        });
      }
      return settings.publish ? new PublishStateMachineVersionCommand({ stateMachineArn: arn, description: settings.description || undefined }) : undefined;
    }
    return new CreateStateMachineCommand({
      name: settings.name, definition: text, roleArn, type: settings.type, ...version, loggingConfiguration: settings.level === "OFF" ? undefined : loggingConfiguration, tracingConfiguration: settings.tracing ? { enabled: true } : undefined,
      tags: settings.tags.filter((t) => t.key).length ? settings.tags.filter((t) => t.key) : undefined,
    });
  };
  const copied = (): Sent[] => {
    const role = settings.role === "new" ? newRole() : undefined;
    const last = saving(role?.arn ?? settings.roleArn);
    // Where nothing was changed yet, what is there is told again.
    return [...(role?.commands ?? []), last ?? new UpdateStateMachineCommand({ stateMachineArn: arn, definition: text, roleArn: settings.roleArn })];
  };

  const save = async () => {
    setBusy(true);
    try {
      let { roleArn } = settings;
      if (settings.role === "new") {
        const role = newRole();
        roleArn = (await iam().send(role.commands[0])).Role!.Arn!;
        for (const allow of role.commands.slice(1) as PutRolePolicyCommand[]) await iam().send(allow);
      }
      const command = saving(roleArn);
      if (arn) {
        if (command instanceof UpdateStateMachineCommand) await sfn().send(command);
        else if (command) await sfn().send(command as PublishStateMachineVersionCommand);
        notify("success", "The state machine was updated. Executions that run go on with what they started with.");
        saved.current = true;
        void refresh("machine", arn);
        go(paths.machine(arn, "definition"));
      } else {
        const made = await sfn().send(command as CreateStateMachineCommand);
        saved.current = true;
        go(paths.machine(made.stateMachineArn!));
      }
    } catch (error) {
      notifyError("The state machine was not saved", error);
    } finally {
      setBusy(false);
    }
  };

  const actions: Record<string, () => void> = {
    format: () => write(pretty(text), ""),
    export: () => download(`${settings.name}.asl.json`, "application/json", text),
    import: () => files.current?.click(),
    cli: () => void copyCommand(copied()),
  };
  const nameless = Boolean(checkName(settings.name).error) || settings.name === "";

  return (
    <Page
      title={arn ? `Edit ${settings.name}` : "Create state machine"}
      actions={
        <SpaceBetween direction="horizontal" size="xs" alignItems="center">
          <SegmentedControl selectedId={mode} label="Mode" options={modes} onChange={({ detail }) => go(base({ mode: detail.selectedId === "design" ? undefined : detail.selectedId }), "replace")} />
          <Button iconName="undo" ariaLabel="Undo" disabled={steps.past.length === 0} onClick={() => setSteps(undo)} />
          <Button iconName="redo" ariaLabel="Redo" disabled={steps.future.length === 0} onClick={() => setSteps(redo)} />
          <ButtonDropdown items={[{ id: "format", text: "Format the text" }, { id: "import", text: "Import a definition" }, { id: "export", text: "Export the definition" }, { id: "cli", text: "Copy as AWS CLI" }]} onItemClick={({ detail }) => actions[detail.id]()}>Actions</ButtonDropdown>
          <Button href={arn ? paths.machine(arn) : paths.machines} variant="link">Cancel</Button>
          <Button variant="primary" loading={busy} disabled={Boolean(checkJson(text) || errors.length > 0 || nameless || (settings.level !== "OFF" && !settings.group) || (settings.role === "given" && !settings.roleArn) || (arn && !dirty))} onClick={() => void save()}>{arn ? "Save" : "Create"}</Button>
        </SpaceBetween>
      }
    >
      <Suspense fallback={<Waiting />}>
        {mode === "design" && <Design machine={machine} name={settings.name} roleArn={settings.roleArn} diagnostics={diagnostics} text={text} selected={selected} onSelect={setSelected} onEdit={edit} onUndo={() => setSteps(undo)} onRedo={() => setSteps(redo)} />}
        {mode === "code" && <Code text={text} onChange={(t) => write(t, "code")} name={settings.name} roleArn={settings.roleArn} diagnostics={diagnostics} selected={selected} onSelect={setSelected} />}
        {mode === "config" && <Config settings={settings} onChange={(change) => setSettings((s) => ({ ...s, ...change }))} existing={arn !== ""} machine={machine} />}
      </Suspense>
      <input ref={files} type="file" accept="application/json,.json" hidden aria-label="Definition to import" onChange={(event) => {
        const file = event.target.files?.[0];
        event.target.value = "";
        void file?.text().then((t) => write(pretty(t), ""));
      }} />
      <Modal
        visible={leaving !== undefined} header="Leave without saving?" onDismiss={() => setLeaving(undefined)} closeAriaLabel="Close"
        footer={<Box float="right"><SpaceBetween direction="horizontal" size="xs"><Button onClick={() => setLeaving(undefined)}>Stay</Button><Button variant="primary" onClick={() => leaving?.()}>Leave</Button></SpaceBetween></Box>}
      >
        What was changed here is lost.
      </Modal>
    </Page>
  );
}

/** A role that Step Functions may assume, and that may do what the definition's tasks call. */
function roleOf(name: string, machine: Machine, account: string): { arn: string; commands: [CreateRoleCommand, ...PutRolePolicyCommand[]] } {
  const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "states.amazonaws.com" }, Action: "sts:AssumeRole" }] });
  const plain = name.replace(/[^\w+=,.@-]/g, "").slice(0, 30);
  const RoleName = `StepFunctions-${plain}-role-${Date.now().toString(36)}`, Path = "/service-role/";
  const create = new CreateRoleCommand({ RoleName, Path, AssumeRolePolicyDocument });
  const policy = policyOf(machine, { account, region: session().region });
  const allow = new PutRolePolicyCommand({ RoleName, PolicyName: "WhatTheTasksCall", PolicyDocument: JSON.stringify(policy) });
  return { arn: `arn:aws:iam::${account}:role${Path}${RoleName}`, commands: policy.Statement.length ? [create, allow] : [create] };
}
