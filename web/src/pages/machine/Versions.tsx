// Versions, aliases and tags of a state machine.
import { CreateStateMachineAliasCommand, DescribeStateMachineAliasCommand, ListStateMachineAliasesCommand, ListStateMachineVersionsCommand, ListTagsForResourceCommand, PublishStateMachineVersionCommand, TagResourceCommand, UntagResourceCommand } from "@aws-sdk/client-sfn";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Input from "@cloudscape-design/components/input";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { refresh, useAsked } from "../../aws/queries";
import { sfn } from "../../aws/sfn";
import { paths } from "../../router";
import { Arn } from "../../ui/Arn";
import { CliOf } from "../../ui/Cli";
import { ListTable } from "../../ui/ListTable";
import { notify, notifyError } from "../../ui/notices";
import { dateTime } from "../../ui/time";

const useVersions = (arn: string) => useAsked(["versions", arn], async (abortSignal) => (await sfn().send(new ListStateMachineVersionsCommand({ stateMachineArn: arn }), { abortSignal })).stateMachineVersions ?? [], { changesWith: [`machine:${arn}`] });
const numberOf = (versionArn: string | undefined) => versionArn?.split(":").at(-1);

export function Versions({ arn }: { arn: string }) {
  const versions = useVersions(arn);
  const publication = () => new PublishStateMachineVersionCommand({ stateMachineArn: arn });
  const publish = () => sfn().send(publication()).then((v) => (notify("success", `Published version ${numberOf(v.stateMachineVersionArn)}.`), refresh("versions", arn)), (e: unknown) => notifyError("No version was published", e));
  return (
    <ListTable
      title="Versions" variant="container" query={versions} trackBy={(v) => v.stateMachineVersionArn!} fields={["stateMachineVersionArn"]} actions={<SpaceBetween direction="horizontal" size="xs"><CliOf of={publication} /><Button onClick={() => void publish()}>Publish version</Button></SpaceBetween>}
      empty={{ title: "No versions", text: "Publish one: it is the definition as it is now, for good." }}
      columns={[
        { id: "version", header: "Version", cell: (v) => <Link href={paths.machine(v.stateMachineVersionArn!)}>{numberOf(v.stateMachineVersionArn)}</Link>, isRowHeader: true },
        { id: "created", header: "Creation date", cell: (v) => dateTime(v.creationDate) },
        { id: "arn", header: "ARN", cell: (v) => <Arn value={v.stateMachineVersionArn} /> },
        { id: "start", header: "Actions", cell: (v) => <Link href={paths.start(v.stateMachineVersionArn!)} ariaLabel={`New execution of version ${numberOf(v.stateMachineVersionArn)}`}>New execution</Link> },
      ]}
    />
  );
}

export function Aliases({ arn }: { arn: string }) {
  const [alias, setAlias] = useState("");
  const versions = useVersions(arn);
  const aliases = useAsked(["aliases", arn], async (abortSignal) => {
    const list = (await sfn().send(new ListStateMachineAliasesCommand({ stateMachineArn: arn }), { abortSignal })).stateMachineAliases ?? [];
    return Promise.all(list.map((a) => sfn().send(new DescribeStateMachineAliasCommand({ stateMachineAliasArn: a.stateMachineAliasArn }), { abortSignal })));
  }, { changesWith: [`machine:${arn}`] });
  const newest = versions.data?.[0]?.stateMachineVersionArn;
  const aliasing = () => new CreateStateMachineAliasCommand({ name: alias, routingConfiguration: [{ stateMachineVersionArn: newest, weight: 100 }] });
  const create = () => sfn().send(aliasing()).then(() => (setAlias(""), refresh("aliases", arn)), (e: unknown) => notifyError("The alias was not made", e));
  return (
    <ListTable
      title="Aliases" variant="container" query={aliases} trackBy={(a) => a.stateMachineAliasArn!} fields={["name"]}
      actions={<SpaceBetween direction="horizontal" size="xs"><Input value={alias} onChange={({ detail }) => setAlias(detail.value)} placeholder="Name" ariaLabel="Name of the new alias" /><Button disabled={!alias || !newest} onClick={() => void create()}>Create for the newest version</Button><CliOf of={aliasing} disabled={!newest} /></SpaceBetween>}
      empty={{ title: "No aliases", text: newest ? "Name one for the newest version: an alias points to one version, or divides starts between two." : "An alias points to one version, or divides starts between two. Publish a version first." }}
      columns={[
        { id: "name", header: "Alias", cell: (a) => a.name, isRowHeader: true },
        { id: "routes", header: "Routing configuration", cell: (a) => a.routingConfiguration?.map((r, i) => <span key={r.stateMachineVersionArn}>{i > 0 && ", "}<Link href={paths.machine(r.stateMachineVersionArn!)}>Version {numberOf(r.stateMachineVersionArn)}</Link>: {r.weight} %</span>) },
        { id: "updated", header: "Last updated", cell: (a) => dateTime(a.updateDate) },
        { id: "start", header: "Actions", cell: (a) => <Link href={paths.start(a.stateMachineAliasArn!)} ariaLabel={`New execution of ${a.name}`}>New execution</Link> },
      ]}
    />
  );
}

export function TagsOf({ arn }: { arn: string }) {
  const [key, setKey] = useState("");
  const [value, setValue] = useState("");
  const tags = useAsked(["tags", arn], async (abortSignal) => (await sfn().send(new ListTagsForResourceCommand({ resourceArn: arn }), { abortSignal })).tags ?? [], { changesWith: [`machine:${arn}`] });
  const adding = () => new TagResourceCommand({ resourceArn: arn, tags: [{ key, value }] });
  const removing = (tag: string) => new UntagResourceCommand({ resourceArn: arn, tagKeys: [tag] });
  const change = (act: Promise<unknown>) => void act.then(() => refresh("tags", arn), (e: unknown) => notifyError("The tags were not changed", e));
  return (
    <ListTable
      title="Tags" variant="container" query={tags} trackBy={(t) => t.key!} fields={["key", "value"]} empty={{ title: "No tags", text: "Add a key with its value: tags name what belongs together." }}
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <Input value={key} onChange={({ detail }) => setKey(detail.value)} placeholder="Key" ariaLabel="Key of the new tag" />
          <Input value={value} onChange={({ detail }) => setValue(detail.value)} placeholder="Value" ariaLabel="Value of the new tag" />
          <Button disabled={!key} onClick={() => (change(sfn().send(adding())), setKey(""), setValue(""))}>Add tag</Button>
          <CliOf of={adding} />
        </SpaceBetween>
      }
      columns={[
        { id: "key", header: "Key", cell: (t) => t.key },
        { id: "value", header: "Value", cell: (t) => t.value || <Box color="text-body-secondary">-</Box> },
        { id: "remove", header: "", cell: (t) => t.key!.startsWith("aws:") ? null : <><Button variant="inline-link" ariaLabel={`Remove the tag ${t.key}`} onClick={() => change(sfn().send(removing(t.key!)))}>Remove</Button> <CliOf inline of={() => removing(t.key!)} what={t.key} /></> },
      ]}
    />
  );
}
