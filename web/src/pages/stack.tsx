// A stack: its events, resources, outputs, template.
import { DeleteStackCommand, GetTemplateCommand } from "@aws-sdk/client-cloudformation";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import Tabs from "@cloudscape-design/components/tabs";
import { lazy, Suspense, useState } from "react";
import { cloudformation } from "../aws/cloudformation";
import { useAsked } from "../aws/queries";
import { go, paths, type Place } from "../router";
import { CliOf, command, CopyCli } from "../ui/Cli";
import { Arn } from "../ui/Arn";
import { notifyError } from "../ui/notices";
import { Failure, Nothing, Page, Waiting } from "../ui/Page";
import { StackStatus } from "../ui/Status";
import { dateTime } from "../ui/time";
import { useStack } from "./stackData";

const CodeEditor = lazy(() => import("../editor/CodeEditor"));

/** The page of a resource, where there is one. */
export function resourceLink(type: string | undefined, id: string | undefined) {
  const to = !id ? undefined
    : type === "AWS::StepFunctions::StateMachine" ? paths.machine(id)
    : type === "AWS::SNS::Topic" ? paths.topic(id)
    : type === "AWS::SQS::Queue" ? paths.queue(id)
    : type === "AWS::ECS::Cluster" ? paths.cluster(id)
    : type === "AWS::Logs::LogGroup" ? paths.logGroup(id)
    : undefined;
  return to ? <Link href={to}>{id}</Link> : <span className="mono">{id || "-"}</span>;
}

export default function StackPage({ place }: { place: Place }) {
  const id = place.query.get("stackId")!;
  const stack = useStack(id);
  const [removing, setRemoving] = useState(false);
  if (stack.error) return <Failure error={stack.error} what="The stack could not be read" />;
  if (!stack.data) return <Waiting />;
  const s = stack.data.stack;
  const deletion = () => new DeleteStackCommand({ StackName: id });
  const remove = () => void cloudformation().send(deletion()).then(() => setRemoving(false), (e: unknown) => notifyError("The stack is not deleted", e));
  return (
    <Page
      title={s.StackName ?? id}
      actions={<SpaceBetween direction="horizontal" size="xs"><CopyCli text={command("cloudformation", "describe-stack-events", { "stack-name": id })} /><Button disabled={s.StackStatus === "DELETE_COMPLETE"} onClick={() => setRemoving(true)}>Delete</Button></SpaceBetween>}
    >
      <SpaceBetween size="l">
        <Container header={<Header variant="h2">Overview</Header>}>
          <KeyValuePairs
            columns={3}
            items={[
              { label: "Status", value: <StackStatus status={s.StackStatus} /> },
              { label: "Stack ID", value: <Arn value={s.StackId} what="Stack ID" /> },
              { label: "Created time", value: dateTime(s.CreationTime, true) },
              { label: "Status reason", value: s.StackStatusReason ?? "-" },
              { label: "Description", value: s.Description ?? "-" },
              { label: "Deleted time", value: s.DeletionTime ? dateTime(s.DeletionTime, true) : "-" },
            ]}
          />
        </Container>
        <Tabs i18nStrings={{ scrollLeftAriaLabel: "Tabs before", scrollRightAriaLabel: "Further tabs" }}
          ariaLabel="Stack" activeTabId={place.query.get("tab") ?? "events"} onChange={({ detail }) => go(paths.stack(id, detail.activeTabId), "replace")}
          tabs={[
            {
              id: "events", label: "Events",
              content: (
                <Table
                  items={stack.data.events} trackBy="EventId" header={<Header counter={`(${stack.data.events.length})`}>Events</Header>} wrapLines ariaLabels={{ tableLabel: "Events" }}
                  columnDefinitions={[
                    { id: "at", header: "Timestamp", minWidth: 200, cell: (e) => dateTime(e.Timestamp, true) },
                    { id: "logical", header: "Logical ID", minWidth: 220, cell: (e) => <>{e.LogicalResourceId}<br /><Box variant="small" color="text-body-secondary">{e.ResourceType}</Box></> },
                    { id: "status", header: "Status", minWidth: 220, cell: (e) => <StackStatus status={e.ResourceStatus} /> },
                    { id: "reason", header: "Status reason", minWidth: 220, cell: (e) => e.ResourceStatusReason ?? "-" },
                  ]}
                />
              ),
            },
            {
              id: "resources", label: "Resources",
              content: (
                <Table
                  items={stack.data.resources} trackBy="LogicalResourceId" header={<Header counter={`(${stack.data.resources.length})`}>Resources</Header>} wrapLines ariaLabels={{ tableLabel: "Resources" }}
                  empty={<Nothing title="No resources" text="The stack has none any more." />}
                  columnDefinitions={[
                    { id: "logical", header: "Logical ID", cell: (r) => r.LogicalResourceId },
                    { id: "physical", header: "Physical ID", cell: (r) => resourceLink(r.ResourceType, r.PhysicalResourceId) },
                    { id: "type", header: "Type", minWidth: 230, cell: (r) => r.ResourceType },
                    { id: "status", header: "Status", minWidth: 220, cell: (r) => <StackStatus status={r.ResourceStatus} /> },
                  ]}
                />
              ),
            },
            {
              id: "outputs", label: "Outputs",
              content: (
                <Table
                  items={s.Outputs ?? []} trackBy="OutputKey" header={<Header>Outputs</Header>} wrapLines ariaLabels={{ tableLabel: "Outputs" }} empty={<Nothing title="No outputs" text="The template names none." />}
                  columnDefinitions={[
                    { id: "key", header: "Key", cell: (o) => o.OutputKey },
                    { id: "value", header: "Value", cell: (o) => (/:stateMachine:/.test(o.OutputValue ?? "") ? <Link href={paths.machine(o.OutputValue!)}>{o.OutputValue}</Link> : <span className="mono">{o.OutputValue}</span>) },
                    { id: "description", header: "Description", cell: (o) => o.Description ?? "-" },
                  ]}
                />
              ),
            },
            {
              id: "parameters", label: "Parameters",
              content: (
                <Table
                  items={s.Parameters ?? []} trackBy="ParameterKey" header={<Header counter={`(${s.Parameters?.length ?? 0})`}>Parameters</Header>} wrapLines ariaLabels={{ tableLabel: "Parameters" }} empty={<Nothing title="No parameters" text="The template takes none." />}
                  columnDefinitions={[
                    { id: "key", header: "Key", cell: (p) => p.ParameterKey, isRowHeader: true },
                    { id: "value", header: "Value", cell: (p) => <span className="mono">{p.ParameterValue}</span> },
                    { id: "resolved", header: "Resolved value", cell: (p) => p.ResolvedValue ?? "-" },
                  ]}
                />
              ),
            },
            { id: "template", label: "Template", content: <Template id={id} /> },
          ]}
        />
      </SpaceBetween>
      <Modal visible={removing} header={`Delete ${s.StackName}?`} onDismiss={() => setRemoving(false)} closeAriaLabel="Close"
        footer={<Box float="right"><SpaceBetween direction="horizontal" size="xs"><Button onClick={() => setRemoving(false)}>Cancel</Button><CliOf of={deletion} /><Button variant="primary" onClick={remove}>Delete</Button></SpaceBetween></Box>}>
        All its resources are deleted with it. This can't be undone.
      </Modal>
    </Page>
  );
}

function Template({ id }: { id: string }) {
  const template = useAsked(["template", id], async (abortSignal) => (await cloudformation().send(new GetTemplateCommand({ StackName: id }), { abortSignal })).TemplateBody ?? "");
  if (template.error) return <Failure error={template.error} what="The template could not be read" />;
  return <Suspense fallback={<Waiting />}><CodeEditor value={template.data ?? ""} readOnly label="Template" height={560} /></Suspense>;
}
