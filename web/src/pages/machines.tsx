// State machines: the list that everything starts from.
import { useCollection } from "@cloudscape-design/collection-hooks";
import { ListStateMachinesCommand, type StateMachineListItem } from "@aws-sdk/client-sfn";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import Pagination from "@cloudscape-design/components/pagination";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Select from "@cloudscape-design/components/select";
import Table from "@cloudscape-design/components/table";
import TextFilter from "@cloudscape-design/components/text-filter";
import { useState } from "react";
import { api } from "../aws/api";
import { refresh, useAsked, useMachine } from "../aws/queries";
import { sfn } from "../aws/sfn";
import { go, paths } from "../router";
import { DeleteMachines } from "./machine/Delete";
import { Failure, Nothing } from "../ui/Page";
import { StatusBadge } from "../ui/Status";
import { useKeys } from "../ui/keys";
import { dateTime } from "../ui/time";

export async function listMachines(abortSignal?: AbortSignal): Promise<StateMachineListItem[]> {
  const found: StateMachineListItem[] = [];
  let nextToken: string | undefined;
  do {
    const page = await sfn().send(new ListStateMachinesCommand({ maxResults: 1000, nextToken }), { abortSignal });
    found.push(...(page.stateMachines ?? []));
    nextToken = page.nextToken;
  } while (nextToken && found.length < 10_000);
  return found;
}

export interface Counts {
  counts: Record<string, number>;
  exact: boolean;
}

function CountsOf({ arn, type, status }: { arn: string; type: string | undefined; status: string }) {
  const counts = useAsked<Counts>(["counts", arn], (signal) => api("executions/counts", { stateMachineArn: arn }, signal), { changesWith: [`executions:${arn}`], pause: 1_000, enabled: type !== "EXPRESS" });
  if (type === "EXPRESS") return <>-</>;
  const n = counts.data?.counts[status];
  if (n === undefined) return <>-</>;
  return <span style={{ color: n > 0 && status === "FAILED" ? "var(--bad)" : undefined }}>{n.toLocaleString("en")}{n >= 10_000 ? "+" : ""}</span>;
}

/** The list does not tell whether a machine is being deleted. */
const StatusOf = ({ arn }: { arn: string }) => <StatusBadge status={useMachine(arn).data?.status} />;

const types = [{ value: "", label: "Any type" }, { value: "STANDARD", label: "Standard" }, { value: "EXPRESS", label: "Express" }];

export default function MachinesPage() {
  const machines = useAsked(["machines"], (signal) => listMachines(signal), { changesWith: ["machines"] });
  const [removing, setRemoving] = useState<StateMachineListItem[]>([]);
  const create = <Button variant="primary" href={paths.create}>Create state machine</Button>;
  const [type, setType] = useState("");
  const noMatch = <Nothing title="Nothing matches" text={type ? "No state machine of this type has this text in its name." : "No state machine has this text in its name."} action={<Button onClick={() => (setType(""), list.actions.setFiltering(""))}>Clear the filter</Button>} />;
  const list = useCollection((machines.data ?? []).filter((m) => !type || m.type === type), {
    filtering: {
      empty: machines.data?.length ? noMatch : <Nothing title="No state machines" text="Begin with a sample project: it brings everything that it needs." action={<SpaceBetween size="xs" direction="horizontal" alignItems="center"><Button href={paths.samples}>Sample projects</Button>{create}</SpaceBetween>} />,
      noMatch,
      fields: ["name", "type", "stateMachineArn"],
    },
    pagination: { pageSize: 25 },
    sorting: { defaultState: { sortingColumn: { sortingField: "creationDate" }, isDescending: true } },
    selection: { trackBy: "stateMachineArn" },
  });
  const chosen = list.collectionProps.selectedItems ?? [];
  useKeys({ n: () => go(paths.create) });

  if (machines.error) return <Failure error={machines.error} what="The state machines could not be listed" />;
  return (
    <>
      <Table
        {...list.collectionProps} items={list.items} variant="full-page" wrapLines stickyHeader loading={machines.isLoading} loadingText="Loading state machines" selectionType="multi" trackBy="stateMachineArn"
        ariaLabels={{ selectionGroupLabel: "State machines", allItemsSelectionLabel: () => "Select all", itemSelectionLabel: (_, m) => `Select ${m.name}`, tableLabel: "State machines" }}
        header={
          <Header
            variant="awsui-h1-sticky" counter={machines.data ? `(${machines.data.length})` : undefined}
            actions={
              <SpaceBetween direction="horizontal" size="xs">
                <Button iconName="refresh" ariaLabel="Refresh" onClick={() => void refresh()} />
                <Button disabled={chosen.length !== 1} href={chosen[0] && paths.machine(chosen[0].stateMachineArn!)}>View details</Button>
                <Button disabled={chosen.length !== 1} href={chosen[0] && paths.start(chosen[0].stateMachineArn!)}>Start execution</Button>
                <Button disabled={chosen.length !== 1} href={chosen[0] && paths.edit(chosen[0].stateMachineArn!)}>Edit</Button>
                <Button disabled={chosen.length !== 1} href={chosen[0] && paths.edit("new", undefined, chosen[0].stateMachineArn!)}>Copy to new</Button>
                <Button disabled={chosen.length === 0} onClick={() => setRemoving([...chosen])}>Delete</Button>
                {create}
              </SpaceBetween>
            }
          >
            State machines
          </Header>
        }
        filter={
          <SpaceBetween direction="horizontal" size="xs">
            <div style={{ minWidth: 320 }}><TextFilter {...list.filterProps} filteringPlaceholder="Search for state machines" filteringAriaLabel="Search for state machines" filteringClearAriaLabel="Clear the search" countText={`${list.filteredItemsCount ?? 0} match`} /></div>
            <Select options={types} selectedOption={types.find((t) => t.value === type)!} onChange={({ detail }) => setType(detail.selectedOption.value ?? "")} ariaLabel="Type" />
          </SpaceBetween>
        }
        pagination={<Pagination {...list.paginationProps} ariaLabels={{ nextPageLabel: "Next page", previousPageLabel: "Page before", pageLabel: (n) => `Page ${n}` }} />}
        columnDefinitions={[
          { id: "name", header: "Name", cell: (m) => <Link href={paths.machine(m.stateMachineArn!)}>{m.name}</Link>, sortingField: "name", isRowHeader: true, minWidth: 200 },
          { id: "type", header: "Type", cell: (m) => (m.type === "EXPRESS" ? "Express" : "Standard"), sortingField: "type", minWidth: 98 },
          { id: "status", header: "Status", cell: (m) => <StatusOf arn={m.stateMachineArn!} />, minWidth: 104 },
          { id: "created", header: "Creation date", cell: (m) => <span className="one-line">{dateTime(m.creationDate)}</span>, sortingField: "creationDate", minWidth: 180 },
          ...[["RUNNING", "Running"], ["SUCCEEDED", "Succeeded"], ["FAILED", "Failed"], ["TIMED_OUT", "Timed out"], ["ABORTED", "Aborted"]].map(([status, header]) => ({
            id: status, header, minWidth: { Running: 92, Succeeded: 106, Failed: 80, "Timed out": 104 }[header] ?? 90, cell: (m: StateMachineListItem) => <CountsOf arn={m.stateMachineArn!} type={m.type} status={status} />,
          })),
        ]}
      />
      <DeleteMachines machines={removing} onClose={(deleted) => (setRemoving([]), deleted && list.actions.setSelectedItems([]))} />
    </>
  );
}
