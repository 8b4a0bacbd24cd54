// "EventBridge rules": what starts this state machine by itself, at its times or when an event fits; and the way to make one.
import { DeleteRuleCommand, DescribeRuleCommand, DisableRuleCommand, EnableRuleCommand, ListEventBusesCommand, ListRuleNamesByTargetCommand, ListTargetsByRuleCommand, PutRuleCommand, PutTargetsCommand, RemoveTargetsCommand, type DescribeRuleResponse, type Target } from "@aws-sdk/client-eventbridge";
import { CreateRoleCommand, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Link from "@cloudscape-design/components/link";
import Modal from "@cloudscape-design/components/modal";
import RadioGroup from "@cloudscape-design/components/radio-group";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { lazy, Suspense, useMemo, useState } from "react";
import { checkJson } from "../../asl/names";
import { events } from "../../aws/events";
import { iam } from "../../aws/iam";
import { refresh, useAsked, useServer } from "../../aws/queries";
import { paths } from "../../router";
import { CliOf } from "../../ui/Cli";
import type { Sent } from "../../ui/commandLine";
import { ListTable } from "../../ui/ListTable";
import { notify, notifyError } from "../../ui/notices";
import { Failure, Waiting } from "../../ui/Page";
import { StatusBadge } from "../../ui/Status";

const CodeEditor = lazy(() => import("../../editor/CodeEditor"));

interface Starter {
  name: string;
  when: string;
  rule: DescribeRuleResponse;
  /** Those of the rule's targets that are this state machine. */
  targets: Target[];
  /** Whether the rule has others. */
  others: boolean;
}

async function startersOf(arn: string, abortSignal: AbortSignal): Promise<Starter[]> {
  const { EventBuses = [] } = await events().send(new ListEventBusesCommand({}), { abortSignal });
  const found: Starter[] = [];
  for (const { Name: bus } of EventBuses) {
    let NextToken: string | undefined;
    do {
      const page = await events().send(new ListRuleNamesByTargetCommand({ TargetArn: arn, EventBusName: bus, NextToken }), { abortSignal });
      for (const Name of page.RuleNames ?? []) {
        const [rule, { Targets = [] }] = await Promise.all([events().send(new DescribeRuleCommand({ Name, EventBusName: bus }), { abortSignal }), events().send(new ListTargetsByRuleCommand({ Rule: Name, EventBusName: bus }), { abortSignal })]);
        const targets = Targets.filter((t) => t.Arn === arn);
        found.push({ name: Name, when: rule.ScheduleExpression ?? rule.EventPattern ?? "", rule, targets, others: targets.length < Targets.length });
      }
      NextToken = page.NextToken;
    } while (NextToken && found.length < 500);
  }
  return found;
}

const inputOf = (t: Target) => t.Input ?? (t.InputPath ? `The event's ${t.InputPath}` : t.InputTransformer?.InputTemplate ?? "The event itself");

/** What takes the state machine out of a rule; a rule that has no other target goes as well. */
function removal({ rule, targets, others }: Starter): Sent[] {
  const EventBusName = rule.EventBusName;
  const remove = new RemoveTargetsCommand({ Rule: rule.Name, EventBusName, Ids: targets.map((t) => t.Id!) });
  return others ? [remove] : [remove, new DeleteRuleCommand({ Name: rule.Name, EventBusName })];
}

export function Rules({ arn, name }: { arn: string; name: string }) {
  const [making, setMaking] = useState(false);
  const [removing, setRemoving] = useState<Starter>();
  const starters = useAsked(["starters", arn], (signal) => startersOf(arn, signal), { changesWith: ["rules"] });
  const turning = ({ rule }: Starter) => (rule.State === "DISABLED" ? new EnableRuleCommand({ Name: rule.Name, EventBusName: rule.EventBusName }) : new DisableRuleCommand({ Name: rule.Name, EventBusName: rule.EventBusName }));
  const done = (act: Promise<unknown>, what: string) => act.then(() => refresh("starters", arn), (e: unknown) => notifyError(what, e));
  const remove = async (starter: Starter) => {
    for (const command of removal(starter)) await events().send(command as RemoveTargetsCommand);
    notify("success", starter.others ? `${starter.rule.Name} starts this state machine no longer.` : `${starter.rule.Name} was deleted.`);
  };
  return (
    <>
      <ListTable
        title="EventBridge rules" variant="container" query={starters} trackBy={(s) => s.rule.Arn!} fields={["name", "when"]} description="What starts this state machine by itself."
        actions={<Button onClick={() => setMaking(true)}>Create rule</Button>}
        empty={{ title: "No rules", text: "A rule starts this state machine at its times, or whenever an event fits its pattern.", action: <Button onClick={() => setMaking(true)}>Create rule</Button> }}
        columns={[
          { id: "name", header: "Rule", minWidth: 160, cell: (s) => <Link href={paths.rule(s.rule.Name!, s.rule.EventBusName)}>{s.rule.Name}</Link>, isRowHeader: true },
          { id: "state", header: "State", minWidth: 120, cell: (s) => <StatusBadge status={s.rule.State} /> },
          { id: "when", header: "When", minWidth: 220, cell: (s) => <span className="mono">{s.when}</span> },
          { id: "input", header: "Input", minWidth: 160, cell: (s) => s.targets.map((t) => <div key={t.Id} className="mono">{inputOf(t)}</div>) },
          { id: "bus", header: "Event bus", minWidth: 110, cell: (s) => s.rule.EventBusName },
          {
            id: "actions", header: "Actions", minWidth: 180, cell: (s) => s.rule.ManagedBy ? "-" : (
              <SpaceBetween direction="horizontal" size="s">
                <Button variant="inline-link" ariaLabel={`${s.rule.State === "DISABLED" ? "Enable" : "Disable"} ${s.rule.Name}`} onClick={() => void done(events().send(turning(s) as EnableRuleCommand), "The rule was not changed")}>{s.rule.State === "DISABLED" ? "Enable" : "Disable"}</Button>
                <Button variant="inline-link" ariaLabel={`Remove ${s.rule.Name}`} onClick={() => setRemoving(s)}>Remove</Button>
              </SpaceBetween>
            ),
          },
        ]}
      />
      {making && <Make arn={arn} name={name} onClose={() => (setMaking(false), void refresh("starters", arn))} />}
      <Modal
        visible={removing !== undefined} onDismiss={() => setRemoving(undefined)} closeAriaLabel="Close" header={`Remove ${removing?.rule.Name ?? ""}?`}
        footer={<Box float="right"><SpaceBetween direction="horizontal" size="xs"><Button variant="link" onClick={() => setRemoving(undefined)}>Cancel</Button>{removing && <CliOf of={() => removal(removing)} />}<Button variant="primary" onClick={() => (void done(remove(removing!), "The rule was not removed"), setRemoving(undefined))}>Remove</Button></SpaceBetween></Box>}
      >
        {removing?.others ? "The rule has other targets and keeps them; this state machine is one no longer." : "This state machine is its only target: the rule is deleted."}
      </Modal>
    </>
  );
}

const begin = JSON.stringify({ source: ["my.application"], "detail-type": ["order placed"] }, null, 2);

function Make({ arn, name, onClose }: { arn: string; name: string; onClose: () => void }) {
  const account = useServer().data?.account ?? "000000000000";
  const stamp = useMemo(() => Date.now().toString(36), []);
  const [rule, setRule] = useState(`${name}-rule`.replace(/[^.\-_A-Za-z0-9]/g, "-").slice(0, 64));
  const [kind, setKind] = useState("schedule");
  const [schedule, setSchedule] = useState("rate(5 minutes)");
  const [pattern, setPattern] = useState(begin);
  const [input, setInput] = useState("");
  const [role, setRole] = useState("new");
  const [roleArn, setRoleArn] = useState("");
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();

  const RoleName = `EventBridge-${rule}-${stamp}`.slice(0, 64), Path = "/service-role/";
  const roles = () => role === "new" ? [
    new CreateRoleCommand({ RoleName, Path, AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "events.amazonaws.com" }, Action: "sts:AssumeRole" }] }) }),
    new PutRolePolicyCommand({ RoleName, PolicyName: "StartExecution", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "states:StartExecution", Resource: arn }] }) }),
  ] : [];
  const rules = () => [
    new PutRuleCommand({ Name: rule, ...(kind === "schedule" ? { ScheduleExpression: schedule } : { EventPattern: pattern }), State: "ENABLED" }),
    new PutTargetsCommand({ Rule: rule, Targets: [{ Id: "state-machine", Arn: arn, RoleArn: role === "new" ? `arn:aws:iam::${account}:role${Path}${RoleName}` : roleArn, Input: input.trim() || undefined }] }),
  ];
  const make = async () => {
    setBusy(true);
    setFailure(undefined);
    try {
      const [create, allow] = roles();
      if (create) await iam().send(create as CreateRoleCommand);
      if (allow) await iam().send(allow as PutRolePolicyCommand);
      const [put, target] = rules();
      await events().send(put as PutRuleCommand);
      const { FailedEntries = [] } = await events().send(target as PutTargetsCommand);
      if (FailedEntries[0]) throw new Error(FailedEntries[0].ErrorMessage ?? FailedEntries[0].ErrorCode);
      notify("success", `${rule} starts this state machine from now on.`);
      onClose();
    } catch (error) {
      setFailure(error);
    } finally {
      setBusy(false);
    }
  };
  const badInput = input.trim() ? checkJson(input) : undefined, badPattern = kind === "pattern" ? checkJson(pattern) : undefined;
  const badName = /^[.\-_A-Za-z0-9]{1,64}$/.test(rule) ? undefined : "Up to 64 letters, digits, dots, dashes and underscores.";
  const bad = Boolean(badInput || badPattern || badName || (role === "given" && !roleArn) || (kind === "schedule" && !schedule.trim()));
  return (
    <Modal
      visible size="large" header="Create rule" onDismiss={onClose} closeAriaLabel="Close"
      footer={<Box float="right"><SpaceBetween direction="horizontal" size="xs"><Button variant="link" onClick={onClose}>Cancel</Button><CliOf of={() => [...roles(), ...rules()]} /><Button variant="primary" loading={busy} disabled={bad} onClick={() => void make()}>Create rule</Button></SpaceBetween></Box>}
    >
      <SpaceBetween size="l">
        {failure !== undefined && <Failure error={failure} what="The rule was not made" />}
        <FormField label="Name" errorText={badName}><Input value={rule} onChange={({ detail }) => setRule(detail.value)} spellcheck={false} /></FormField>
        <FormField label="What starts it"><SegmentedControl label="What starts it" selectedId={kind} onChange={({ detail }) => setKind(detail.selectedId)} options={[{ id: "schedule", text: "Schedule" }, { id: "pattern", text: "Event pattern" }]} /></FormField>
        {kind === "schedule"
          ? <FormField label="Schedule" constraintText="rate(5 minutes), rate(1 day), or cron(0 8 ? * MON-FRI *) in UTC."><Input value={schedule} onChange={({ detail }) => setSchedule(detail.value)} spellcheck={false} /></FormField>
          : <FormField label="Event pattern" description="Each event of the default bus that fits starts an execution." errorText={badPattern} stretch><Suspense fallback={<Waiting />}><CodeEditor value={pattern} onChange={setPattern} label="Event pattern" height={150} /></Suspense></FormField>}
        <FormField label={<>Input <i>- optional</i></>} constraintText="JSON. Left blank, the execution gets the event itself." errorText={badInput} stretch><Input value={input} onChange={({ detail }) => setInput(detail.value)} spellcheck={false} placeholder='{"from": "the rule"}' /></FormField>
        <FormField label="Role of the rule" description="EventBridge starts the execution as this role.">
          <RadioGroup value={role} onChange={({ detail }) => setRole(detail.value)} items={[{ value: "new", label: "Create a new role", description: "It may start this state machine and nothing else." }, { value: "given", label: "Use an existing role" }]} />
        </FormField>
        {role === "given" && <FormField label="Role ARN"><Input value={roleArn} onChange={({ detail }) => setRoleArn(detail.value)} spellcheck={false} placeholder={`arn:aws:iam::${account}:role/...`} /></FormField>}
      </SpaceBetween>
    </Modal>
  );
}
