// The executions of a state machine or a Map Run, newest first, live.
import { ListExecutionsCommand, StopExecutionCommand, RedriveExecutionCommand, type ExecutionListItem, type ExecutionStatus } from "@aws-sdk/client-sfn";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import TextFilter from "@cloudscape-design/components/text-filter";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { api, follow } from "../../aws/api";
import { refresh } from "../../aws/queries";
import { session } from "../../aws/session";
import { sfn } from "../../aws/sfn";
import { go, paths } from "../../router";
import { CliOf } from "../../ui/Cli";
import { notify, notifyError } from "../../ui/notices";
import { Failure, Nothing } from "../../ui/Page";
import { StatusBadge } from "../../ui/Status";
import { dateTime, duration } from "../../ui/time";
import { useNow } from "../execution/Summary";

const statuses = [{ value: "", label: "All statuses" }, { value: "RUNNING", label: "Running" }, { value: "SUCCEEDED", label: "Succeeded" }, { value: "FAILED", label: "Failed" }, { value: "TIMED_OUT", label: "Timed out" }, { value: "ABORTED", label: "Aborted" }];
const redrives = [{ value: "", label: "Redriven or not" }, { value: "REDRIVEN", label: "Redriven" }, { value: "NOT_REDRIVEN", label: "Not redriven" }];

const stopping = (e: ExecutionListItem) => new StopExecutionCommand({ executionArn: e.executionArn });
const redriving = (e: ExecutionListItem) => new RedriveExecutionCommand({ executionArn: e.executionArn });
const stoppable = (e: ExecutionListItem) => e.status === "RUNNING";
const redrivable = (e: ExecutionListItem) => e.status !== "RUNNING" && e.status !== "SUCCEEDED";

const times = [{ value: "", label: "Any time" }, { value: "3600", label: "Last hour" }, { value: "86400", label: "Last day" }, { value: "604800", label: "Last week" }];

type Listed = ExecutionListItem & { where?: string };

interface Found {
  executions: Array<{ executionArn: string; name: string; status: string; startDate: number; stopDate?: number; where: string }>;
  looked: number;
  next?: string;
}

export default function Executions({ owner }: { owner: { stateMachineArn: string } | { mapRunArn: string } }) {
  const arn = "stateMachineArn" in owner ? owner.stateMachineArn : owner.mapRunArn;
  const [status, setStatus] = useState("");
  const [redriven, setRedriven] = useState("");
  const [since, setSince] = useState("");
  const [filter, setFilter] = useState("");
  const [found, setFound] = useState<Found>();
  const [chosen, setChosen] = useState<ExecutionListItem[]>([]);
  const { accessKeyId, region } = session();
  const query = useInfiniteQuery({
    queryKey: [accessKeyId, region, "executions", arn, status, redriven],
    queryFn: ({ pageParam, signal }) =>
      sfn().send(new ListExecutionsCommand({ ...owner, statusFilter: (status || undefined) as ExecutionStatus, redriveFilter: (redriven || undefined) as never, maxResults: 100, nextToken: pageParam }), { abortSignal: signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextToken,
  });
  useEffect(() => {
    let wait: ReturnType<typeof setTimeout> | undefined;
    // What comes by the push only says that the list has changed; a burst is one question.
    const changed = () => (wait ??= setTimeout(() => ((wait = undefined), void refresh("executions", arn)), 250));
    let lost = false;
    const stop = follow("executions/changes", owner as Record<string, string>, changed, (live) => {
      // What has changed while nothing could be heard is asked for.
      if (live && lost) changed();
      lost ||= !live;
    });
    return () => (clearTimeout(wait), stop());
  }, [arn]); // eslint-disable-line

  const all = useMemo(() => query.data?.pages.flatMap((p) => p.executions ?? []) ?? [], [query.data]);
  const wanted = filter.trim().toLowerCase();
  const earliest = since ? Date.now() - Number(since) * 1000 : 0;
  const list: Listed[] = (found
    ? found.executions.map((e) => ({ ...e, stateMachineArn: arn, status: e.status as ExecutionStatus, startDate: new Date(e.startDate * 1000), stopDate: e.stopDate ? new Date(e.stopDate * 1000) : undefined }))
    : all.filter((e) => !wanted || e.name!.toLowerCase().includes(wanted))
  ).filter((e) => !earliest || new Date(e.startDate!).getTime() >= earliest);
  const now = useNow(list.some((e) => e.status === "RUNNING"));

  // One question looks at a few thousand; the next one goes on where it ended.
  const [searching, setSearching] = useState(false);
  const search = async (before?: Found) => {
    if (!filter.trim() || !("stateMachineArn" in owner)) return setFound(undefined);
    setSearching(true);
    try {
      const more = await api<Found>("executions/search", { stateMachineArn: arn, text: filter.trim(), ...(before?.next ? { from: before.next } : {}) });
      setFound({ ...more, executions: [...(before?.executions ?? []), ...more.executions], looked: (before?.looked ?? 0) + more.looked });
    } catch (error) {
      notifyError("The search failed", error);
    } finally {
      setSearching(false);
    }
  };
  const each = async (what: string, act: (e: ExecutionListItem) => Promise<unknown>) => {
    const results = await Promise.allSettled(chosen.map(act));
    const bad = results.filter((r) => r.status === "rejected");
    if (bad.length < results.length) notify("success", `${results.length - bad.length} ${what}.`);
    if (bad[0]) notifyError(`${bad.length} of ${results.length} were not ${what}`, bad[0].reason);
    setChosen([]);
    void refresh("executions", arn);
  };

  if (query.error && !query.data) return <Failure error={query.error} what="The executions could not be listed" />;
  return (
    <Table<Listed>
      items={list} trackBy="executionArn" wrapLines loading={query.isLoading} loadingText="Loading executions" selectionType="multi" selectedItems={chosen} onSelectionChange={({ detail }) => setChosen(detail.selectedItems)}
      ariaLabels={{ tableLabel: "Executions", selectionGroupLabel: "Executions", allItemsSelectionLabel: () => "Select all", itemSelectionLabel: (_, e) => `Select ${e.name}` }}
      header={
        <Header
          counter={found ? `(${list.length} found in ${found.looked})` : `(${list.length}${query.hasNextPage ? "+" : ""})`}
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Button iconName="refresh" ariaLabel="Refresh" onClick={() => void refresh("executions", arn)} />
              <Button disabled={chosen.length !== 2} onClick={() => go(paths.compare(chosen[0].executionArn!, chosen[1].executionArn!))}>Compare</Button>
              <Button disabled={!chosen.some(stoppable)} onClick={() => void each("stopped", (e) => sfn().send(stopping(e)))}>Stop</Button>
              {chosen.some(stoppable) && <CliOf of={() => chosen.filter(stoppable).map(stopping)} />}
              {"stateMachineArn" in owner && <Button disabled={!chosen.some(redrivable)} onClick={() => void each("redriven", (e) => sfn().send(redriving(e)))}>Redrive</Button>}
              {"stateMachineArn" in owner && chosen.some(redrivable) && <CliOf of={() => chosen.filter(redrivable).map(redriving)} />}
              {"stateMachineArn" in owner && <Button variant="primary" href={paths.start(arn)}>New execution</Button>}
            </SpaceBetween>
          }
        >
          Executions
        </Header>
      }
      filter={
        <SpaceBetween direction="horizontal" size="xs">
          <div style={{ minWidth: 320 }} onKeyDown={(event) => event.key === "Enter" && (event.preventDefault(), void search())}>
            <TextFilter filteringText={filter} onChange={({ detail }) => (setFilter(detail.filteringText), setFound(undefined))} filteringPlaceholder="Search by name; Enter: in the data too" filteringAriaLabel="Search executions" filteringClearAriaLabel="Clear the search" />
          </div>
          {"stateMachineArn" in owner && <Button disabled={!filter.trim()} loading={searching} onClick={() => void search()}>Search inputs and outputs</Button>}
          <Select options={statuses} selectedOption={statuses.find((s) => s.value === status)!} onChange={({ detail }) => setStatus(detail.selectedOption.value ?? "")} ariaLabel="Status" />
          <Select options={redrives} selectedOption={redrives.find((s) => s.value === redriven)!} onChange={({ detail }) => setRedriven(detail.selectedOption.value ?? "")} ariaLabel="Redriven" />
          <Select options={times} selectedOption={times.find((t) => t.value === since)!} onChange={({ detail }) => setSince(detail.selectedOption.value ?? "")} ariaLabel="Started" />
        </SpaceBetween>
      }
      empty={<Nothing title="No executions" text={found ? `None of ${found.looked.toLocaleString("en")} has this text in its name, input, output, error or cause.` : wanted ? "None has this in its name. Press Enter to look into inputs and outputs as well." : status || redriven || since ? "None fits the filter." : "Start the first one."} action={"stateMachineArn" in owner ? <Button href={paths.start(arn)}>New execution</Button> : undefined} />}
      footer={found?.next ? <div style={{ textAlign: "center" }}><Button loading={searching} onClick={() => void search(found)}>Search further back</Button></div> : query.hasNextPage && !found ? <div style={{ textAlign: "center" }}><Button loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>Load more</Button></div> : undefined}
      columnDefinitions={[
        { id: "name", header: "Name", minWidth: 160, cell: (e) => <Link href={paths.execution(e.executionArn!)}>{e.name}</Link>, isRowHeader: true },
        { id: "status", header: "Status", minWidth: 130, cell: (e) => <StatusBadge status={e.status} /> },
        { id: "start", header: "Started", minWidth: 210, cell: (e) => dateTime(e.startDate, true) },
        { id: "stop", header: "Ended", minWidth: 210, cell: (e) => dateTime(e.stopDate, true) },
        { id: "duration", header: "Duration", minWidth: 105, cell: (e) => duration((e.stopDate ? new Date(e.stopDate).getTime() : now) - new Date(e.startDate!).getTime()) },
        { id: "version", header: "Version or alias", minWidth: 110, cell: (e) => (e.stateMachineAliasArn ?? e.stateMachineVersionArn)?.split(":").at(-1) ?? "-" },
        { id: "redrives", header: "Redrives", minWidth: 95, cell: (e) => e.redriveCount ?? 0 },
        ...(found ? [{ id: "where", header: "Found in", cell: (e: Listed) => e.where ?? "" }] : []),
      ]}
    />
  );
}
