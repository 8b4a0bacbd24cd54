// The config mode: what a state machine is beside its definition.
import { DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { ListRolesCommand } from "@aws-sdk/client-iam";
import type { LogLevel } from "@aws-sdk/client-sfn";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Checkbox from "@cloudscape-design/components/checkbox";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import RadioGroup from "@cloudscape-design/components/radio-group";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMemo } from "react";
import type { Machine } from "../asl/definition";
import { checkName } from "../asl/names";
import { iam } from "../aws/iam";
import { logs } from "../aws/logs";
import { useAsked, useServer } from "../aws/queries";
import { session } from "../aws/session";
import { JsonText } from "../ui/JsonText";
import { policyOf } from "./permissions";

export interface Settings {
  name: string;
  type: "STANDARD" | "EXPRESS";
  role: "new" | "given";
  roleArn: string;
  level: LogLevel;
  data: boolean;
  group: string;
  tracing: boolean;
  tags: Array<{ key: string; value: string }>;
  publish: boolean;
  description: string;
}

const types = [{ value: "STANDARD", label: "Standard" }, { value: "EXPRESS", label: "Express" }];
const levels = ["OFF", "ALL", "ERROR", "FATAL"].map((value) => ({ value, label: value }));

export default function Config({ settings, onChange, existing, machine }: { settings: Settings; onChange: (change: Partial<Settings>) => void; existing: boolean; machine: Machine | undefined }) {
  const server = useServer();
  const roles = useAsked(["roles-of-states"], async (abortSignal) => ((await iam().send(new ListRolesCommand({ MaxItems: 1000 }), { abortSignal })).Roles ?? []).filter((r) => decodeURIComponent(r.AssumeRolePolicyDocument ?? "").includes("states.")), { changesWith: ["roles"] });
  const groups = useAsked(["log-groups"], async (abortSignal) => (await logs().send(new DescribeLogGroupsCommand({ limit: 50 }), { abortSignal })).logGroups ?? [], { changesWith: ["log-groups"], pause: 1_000 });
  const findings = checkName(settings.name);
  const policy = useMemo(() => (machine ? policyOf(machine, { account: server.data?.account ?? "000000000000", region: session().region }) : undefined), [machine, server.data]);
  const roleOptions = (roles.data ?? []).map((r) => ({ value: r.Arn!, label: r.RoleName!, description: r.Arn }));
  const groupOptions = (groups.data ?? []).map((g) => ({ value: `${(g.arn ?? "").replace(/:\*$/, "")}:*`, label: g.logGroupName! }));
  const setTag = (i: number, change: Partial<{ key: string; value: string }>) => onChange({ tags: settings.tags.map((t, at) => (at === i ? { ...t, ...change } : t)) });
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">Details</Header>}>
        <div className="config-grid">
          <FormField label="State machine name" errorText={settings.name === "" ? "It needs a name." : findings.error} warningText={findings.warning} constraintText={existing ? "A state machine keeps its name." : undefined}><Input value={settings.name} disabled={existing} onChange={({ detail }) => onChange({ name: detail.value })} spellcheck={false} /></FormField>
          <FormField label="Type" constraintText={existing ? "A state machine keeps its type." : "Standard: each execution is kept and can last a year. Express: many and short ones."}><Select options={types} disabled={existing} selectedOption={types.find((t) => t.value === settings.type)!} onChange={({ detail }) => onChange({ type: detail.selectedOption.value as Settings["type"] })} /></FormField>
        </div>
      </Container>
      <Container header={<Header variant="h2" description="The role that the executions act as.">Permissions</Header>}>
        <SpaceBetween size="m">
          <RadioGroup value={settings.role} onChange={({ detail }) => onChange({ role: detail.value as Settings["role"] })} ariaLabel="Execution role"
            items={[{ value: "new", label: "Create a new role", description: "It may do what the tasks of this definition call, as below." }, { value: "given", label: "Use a role that there is" }]} />
          {settings.role === "given" && (
            <SpaceBetween size="s">
              {roleOptions.length > 0 && <FormField label="Roles that Step Functions may assume"><Select options={roleOptions} selectedOption={roleOptions.find((o) => o.value === settings.roleArn) ?? null} onChange={({ detail }) => onChange({ roleArn: detail.selectedOption.value! })} placeholder="Choose a role" filteringType="auto" filteringAriaLabel="Find a role" filteringClearAriaLabel="Clear the search" /></FormField>}
              <FormField label="IAM role ARN" stretch><Input value={settings.roleArn} onChange={({ detail }) => onChange({ roleArn: detail.value })} placeholder="arn:aws:iam::000000000000:role/name" spellcheck={false} /></FormField>
            </SpaceBetween>
          )}
          {policy && (
            <div>
              <Box variant="awsui-key-label">{settings.role === "new" ? "The new role's policy" : "What the tasks of this definition need"}</Box>
              {policy.Statement.length ? <JsonText value={JSON.stringify(policy)} label="Policy of the role" name="policy" /> : <Box color="text-body-secondary">No task calls anything: no rights are needed.</Box>}
            </div>
          )}
        </SpaceBetween>
      </Container>
      <Container header={<Header variant="h2">Logging and tracing</Header>}>
        <SpaceBetween size="m">
          <div className="config-grid">
            <FormField label="Log level"><Select options={levels} selectedOption={levels.find((l) => l.value === settings.level)!} onChange={({ detail }) => onChange({ level: detail.selectedOption.value as LogLevel })} /></FormField>
            {settings.level !== "OFF" && <FormField label="Log group" errorText={settings.group ? undefined : "A log group is needed."}><Select options={groupOptions} selectedOption={groupOptions.find((o) => o.value === settings.group) ?? (settings.group ? { value: settings.group, label: settings.group } : null)} onChange={({ detail }) => onChange({ group: detail.selectedOption.value! })} placeholder="Choose a log group" empty="There is no log group" /></FormField>}
          </div>
          {settings.level !== "OFF" && <Checkbox checked={settings.data} onChange={({ detail }) => onChange({ data: detail.checked })}>Log the inputs and outputs too</Checkbox>}
          <Checkbox checked={settings.tracing} onChange={({ detail }) => onChange({ tracing: detail.checked })}>X-Ray tracing</Checkbox>
        </SpaceBetween>
      </Container>
      <Container header={<Header variant="h2">Version{existing ? "" : " and tags"}</Header>}>
        <SpaceBetween size="m">
          <Checkbox checked={settings.publish} onChange={({ detail }) => onChange({ publish: detail.checked })}>Publish a version {existing ? "when it is saved" : "when it is created"}</Checkbox>
          {settings.publish && <FormField label={<>Description of the version <i>- optional</i></>} stretch><Input value={settings.description} onChange={({ detail }) => onChange({ description: detail.value })} /></FormField>}
          {!existing && settings.tags.map((t, i) => (
            <SpaceBetween key={i} direction="horizontal" size="xs">
              <Input value={t.key} onChange={({ detail }) => setTag(i, { key: detail.value })} placeholder="Key" ariaLabel={`Key of tag ${i + 1}`} />
              <Input value={t.value} onChange={({ detail }) => setTag(i, { value: detail.value })} placeholder="Value" ariaLabel={`Value of tag ${i + 1}`} />
              <Button onClick={() => onChange({ tags: settings.tags.filter((_, at) => at !== i) })}>Remove</Button>
            </SpaceBetween>
          ))}
          {!existing && <Button iconName="add-plus" onClick={() => onChange({ tags: [...settings.tags, { key: "", value: "" }] })}>Add tag</Button>}
        </SpaceBetween>
      </Container>
    </SpaceBetween>
  );
}
