// The executions of a state machine or a Map Run, newest first, live.
import { ListExecutionsCommand, StopExecutionCommand, RedriveExecutionCommand, type ExecutionListItem, type ExecutionStatus } from "@aws-sdk/client-sfn";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import CollectionPreferences from "@cloudscape-design/components/collection-preferences";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import Modal from "@cloudscape-design/components/modal";
import Multiselect from "@cloudscape-design/components/multiselect";
import Pagination from "@cloudscape-design/components/pagination";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import TextFilter from "@cloudscape-design/components/text-filter";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { api } from "../../aws/api";
import { refresh, useChanges } from "../../aws/queries";
import { session } from "../../aws/session";
import { sfn } from "../../aws/sfn";
import { newest, type Cursor } from "../../history/newest";
import { go, href, paths, usePlace } from "../../router";
import { CliOf } from "../../ui/Cli";
import { notify, notifyError } from "../../ui/notices";
import { Failure, Nothing } from "../../ui/Page";
import { usePreference } from "../../ui/prefs";
import { limitsOf, queryOf, spanOf } from "../../ui/span";
import { StatusBadge } from "../../ui/Status";
import { TimeRange } from "../../ui/TimeRange";
import { dateTime, duration } from "../../ui/time";
import { useNow } from "../execution/Summary";

const statuses = [{ value: "RUNNING", label: "Running" }, { value: "SUCCEEDED", label: "Succeeded" }, { value: "FAILED", label: "Failed" }, { value: "TIMED_OUT", label: "Timed out" }, { value: "ABORTED", label: "Aborted" }];
const redrives = [{ value: "", label: "Yes or no" }, { value: "REDRIVEN", label: "Yes" }, { value: "NOT_REDRIVEN", label: "No" }];

const stopping = (e: ExecutionListItem) => new StopExecutionCommand({ executionArn: e.executionArn });
const redriving = (e: ExecutionListItem) => new RedriveExecutionCommand({ executionArn: e.executionArn });
const stoppable = (e: ExecutionListItem) => e.status === "RUNNING";
const redrivable = (e: ExecutionListItem) => e.status !== "RUNNING" && e.status !== "SUCCEEDED";

const columns = [{ id: "name", label: "Name" }, { id: "status", label: "Status" }, { id: "start", label: "Started" }, { id: "stop", label: "Ended" }, { id: "duration", label: "Duration" }, { id: "version", label: "Version or alias" }, { id: "redrives", label: "Redrives" }];

type Listed = ExecutionListItem & { where?: string };

const fits = (e: ExecutionListItem, wanted: string[], { from = -Infinity, to = Infinity }: { from?: number; to?: number }) => {
  const start = new Date(e.startDate!).getTime();
  return (wanted.length === 0 || wanted.includes(e.status!)) && start >= from && start <= to;
};

interface Found {
  executions: Array<{ executionArn: string; name: string; status: string; startDate: number; stopDate?: number; where: string }>;
  looked: number;
  next?: string;
}

export default function Executions({ owner }: { owner: { stateMachineArn: string } | { mapRunArn: string } }) {
  const arn = "stateMachineArn" in owner ? owner.stateMachineArn : owner.mapRunArn;
  // What is filtered by stands in the address, so that a link shows the same list.
  const place = usePlace();
  const narrow = (change: Record<string, string | undefined>) => go(href(place.path, { ...Object.fromEntries(place.query), ...change }), "replace");
  const wantedStatuses = (place.query.get("status") ?? "").split(",").filter((s) => statuses.some((known) => known.value === s));
  const redriven = place.query.get("redriven") ?? "";
  const filter = place.query.get("name") ?? "";
  const span = spanOf(place.query);
  const [found, setFound] = useState<Found>();
  const [chosen, setChosen] = useState<ExecutionListItem[]>([]);
  const [shown, setShown] = usePreference("executions", { pageSize: 25, columns: ["name", "status", "start", "stop", "duration", "version", "redrives"] });
  const [page, setPage] = useState(1);
  const { accessKeyId, region } = session();
  const key = ["executions", arn, wantedStatuses.join(), redriven, queryOf(span)];
  const query = useInfiniteQuery({
    queryKey: [accessKeyId, region, ...key],
    queryFn: ({ pageParam, signal }) =>
      newest<ExecutionListItem>(async (status, nextToken, maxResults) => {
        const answer = await sfn().send(new ListExecutionsCommand({ ...owner, statusFilter: status as ExecutionStatus, redriveFilter: (redriven || undefined) as never, maxResults, nextToken }), { abortSignal: signal });
        return { executions: answer.executions ?? [], nextToken: answer.nextToken };
      }, { statuses: wantedStatuses, ...limitsOf(span, Date.now()) }, 100, pageParam),
    initialPageParam: undefined as Cursor<ExecutionListItem> | undefined,
    getNextPageParam: (page) => page.next,
  });
  // A list that ends in the past is read through all that came later: that is not done for each of those.
  useChanges([`executions:${arn}`], key, span.to === undefined ? 0 : 3_000);

  const all = useMemo(() => query.data?.pages.flatMap((p) => p.items) ?? [], [query.data]);
  const wanted = filter.trim().toLowerCase();
  const limits = limitsOf(span, Date.now());
  const list: Listed[] = (found
    ? found.executions.map((e) => ({ ...e, stateMachineArn: arn, status: e.status as ExecutionStatus, startDate: new Date(e.startDate * 1000), stopDate: e.stopDate ? new Date(e.stopDate * 1000) : undefined }))
    : all.filter((e) => !wanted || e.name!.toLowerCase().includes(wanted))
  ).filter((e) => !found || fits(e, wantedStatuses, limits));
  const pages = Math.max(1, Math.ceil(list.length / shown.pageSize)), at = Math.min(page, pages);
  const visible = list.slice((at - 1) * shown.pageSize, at * shown.pageSize);
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
  // What is asked for all the chosen is asked once more before it is done.
  const [asking, setAsking] = useState<"stopped" | "redriven">();
  const [busy, setBusy] = useState(false);
  const able = chosen.filter(asking === "redriven" ? redrivable : stoppable);
  const each = async (what: "stopped" | "redriven") => {
    setBusy(true);
    const act = (e: ExecutionListItem) => (what === "stopped" ? sfn().send(stopping(e)) : sfn().send(redriving(e)));
    // A few at a time: the server has others to serve.
    const results: PromiseSettledResult<unknown>[] = [];
    for (let i = 0; i < able.length; i += 10) results.push(...(await Promise.allSettled(able.slice(i, i + 10).map(act))));
    const bad = results.filter((r) => r.status === "rejected");
    if (bad.length < results.length) notify("success", `${results.length - bad.length} ${results.length - bad.length === 1 ? "execution was" : "executions were"} ${what}.`);
    if (bad[0]) notifyError(`${bad.length} of ${results.length} were not ${what}`, bad[0].reason);
    setBusy(false);
    setAsking(undefined);
    setChosen([]);
    void refresh("executions", arn);
  };

  if (query.error && !query.data) return <Failure error={query.error} what="The executions could not be listed" />;
  return (
    <>
    <Table<Listed>
      items={visible} trackBy="executionArn" wrapLines loading={query.isLoading} loadingText="Loading executions" selectionType="multi" selectedItems={chosen} onSelectionChange={({ detail }) => setChosen(detail.selectedItems)}
      ariaLabels={{ tableLabel: "Executions", selectionGroupLabel: "Executions", allItemsSelectionLabel: () => "Select all", itemSelectionLabel: (_, e) => `Select ${e.name}` }}
      header={
        <Header
          counter={found ? `(${list.length} found in ${found.looked})` : `(${list.length}${query.hasNextPage ? "+" : ""})`}
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Button iconName="refresh" ariaLabel="Refresh" onClick={() => void refresh("executions", arn)} />
              <Button disabled={chosen.length !== 2} onClick={() => go(paths.compare(chosen[0].executionArn!, chosen[1].executionArn!))}>Compare</Button>
              <Button disabled={!chosen.some(stoppable)} onClick={() => setAsking("stopped")}>Stop</Button>
              {chosen.some(stoppable) && <CliOf of={() => chosen.filter(stoppable).map(stopping)} />}
              {"stateMachineArn" in owner && <Button disabled={!chosen.some(redrivable)} onClick={() => setAsking("redriven")}>Redrive</Button>}
              {"stateMachineArn" in owner && chosen.some(redrivable) && <CliOf of={() => chosen.filter(redrivable).map(redriving)} />}
              {"stateMachineArn" in owner && <Button variant="primary" href={paths.start(arn)}>New execution</Button>}
            </SpaceBetween>
          }
        >
          Executions
        </Header>
      }
      filter={
        <SpaceBetween direction="horizontal" size="xs" alignItems="end">
          <div style={{ minWidth: 300 }} onKeyDown={(event) => event.key === "Enter" && (event.preventDefault(), void search())}>
            <TextFilter filteringText={filter} onChange={({ detail }) => (narrow({ name: detail.filteringText || undefined }), setFound(undefined), setPage(1))} filteringPlaceholder="Search by name; Enter: in the data too" filteringAriaLabel="Search executions" filteringClearAriaLabel="Clear the search" />
          </div>
          {"stateMachineArn" in owner && <Button disabled={!filter.trim()} loading={searching} onClick={() => void search()}>Search inputs and outputs</Button>}
          <Multiselect options={statuses} selectedOptions={statuses.filter((s) => wantedStatuses.includes(s.value))} onChange={({ detail }) => (narrow({ status: statuses.filter((s) => detail.selectedOptions.some((o) => o.value === s.value)).map((s) => s.value).join() || undefined }), setPage(1))} hideTokens placeholder={statuses.filter((s) => wantedStatuses.includes(s.value)).map((s) => s.label).join(", ") || "All statuses"} inlineLabelText="Status" expandToViewport />
          <Select options={redrives} selectedOption={redrives.find((s) => s.value === redriven) ?? redrives[0]} onChange={({ detail }) => narrow({ redriven: detail.selectedOption.value || undefined })} inlineLabelText="Redriven" expandToViewport />
          <TimeRange span={span} onChange={(chosen) => (narrow(queryOf(chosen)), setPage(1))} />
          {(wantedStatuses.length > 0 || redriven || filter || span.within || span.from) && <Button variant="link" onClick={() => (narrow({ status: undefined, redriven: undefined, name: undefined, ...queryOf({}) }), setFound(undefined))}>Clear filters</Button>}
        </SpaceBetween>
      }
      empty={<Nothing title="No executions" text={found ? `None of ${found.looked.toLocaleString("en")} has this text in its name, input, output, error or cause.` : wanted ? "None has this in its name. Press Enter to look into inputs and outputs as well." : wantedStatuses.length || redriven || span.within || span.from ? "None fits the filter." : "Start the first one."} action={"stateMachineArn" in owner ? <Button href={paths.start(arn)}>New execution</Button> : undefined} />}
      footer={found?.next ? <div style={{ textAlign: "center" }}><Button loading={searching} onClick={() => void search(found)}>Search further back</Button></div> : query.hasNextPage && !found && at === pages ? <div style={{ textAlign: "center" }}><Button loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{list.length ? "Load more" : "Look further back"}</Button></div> : undefined}
      pagination={
        <Pagination currentPageIndex={at} pagesCount={pages} openEnd={query.hasNextPage && !found} ariaLabels={{ nextPageLabel: "Next page", previousPageLabel: "Page before", pageLabel: (n) => `Page ${n}` }}
          onChange={({ detail }) => (detail.currentPageIndex > pages ? void query.fetchNextPage().then(() => setPage(detail.currentPageIndex)) : setPage(detail.currentPageIndex))} />
      }
      preferences={
        <CollectionPreferences
          title="Preferences" confirmLabel="Confirm" cancelLabel="Cancel" preferences={{ pageSize: shown.pageSize, visibleContent: shown.columns }}
          onConfirm={({ detail }) => (setShown({ pageSize: detail.pageSize ?? 25, columns: [...(detail.visibleContent ?? shown.columns)] }), setPage(1))}
          pageSizePreference={{ title: "Page size", options: [25, 50, 100].map((value) => ({ value, label: `${value} executions` })) }}
          visibleContentPreference={{ title: "Columns", options: [{ label: "Of an execution", options: columns.map(({ id, label }) => ({ id, label, editable: id !== "name" })) }] }}
        />
      }
      visibleColumns={[...shown.columns.filter((c) => c !== "version" || all.some((e) => e.stateMachineVersionArn ?? e.stateMachineAliasArn)), ...(found ? ["where"] : [])]}
      columnDefinitions={[
        { id: "name", header: "Name", minWidth: 180, cell: (e) => <span className={e.name!.length <= 40 ? "one-line" : undefined}><Link href={paths.execution(e.executionArn!)}>{e.name}</Link></span>, isRowHeader: true },
        { id: "status", header: "Status", minWidth: 124, cell: (e) => <StatusBadge status={e.status} /> },
        { id: "start", header: "Started", minWidth: 180, cell: (e) => <span className="one-line" title={dateTime(e.startDate, true)}>{dateTime(e.startDate)}</span> },
        { id: "stop", header: "Ended", minWidth: 180, cell: (e) => <span className="one-line" title={dateTime(e.stopDate, true)}>{dateTime(e.stopDate)}</span> },
        { id: "duration", header: "Duration", minWidth: 96, cell: (e) => duration((e.stopDate ? new Date(e.stopDate).getTime() : now) - new Date(e.startDate!).getTime()) },
        { id: "version", header: "Version or alias", minWidth: 110, cell: (e) => (e.stateMachineAliasArn ?? e.stateMachineVersionArn)?.split(":").at(-1) ?? "-" },
        { id: "redrives", header: "Redrives", minWidth: 92, cell: (e) => e.redriveCount ?? 0 },
        { id: "where", header: "Found in", cell: (e: Listed) => e.where ?? "" },
      ]}
    />
    <Modal
      visible={asking !== undefined} onDismiss={() => setAsking(undefined)} closeAriaLabel="Close" header={`${asking === "redriven" ? "Redrive" : "Stop"} ${able.length === 1 ? able[0].name : `${able.length} executions`}?`}
      footer={<Box float="right"><SpaceBetween direction="horizontal" size="xs"><Button variant="link" onClick={() => setAsking(undefined)}>Cancel</Button><Button variant="primary" loading={busy} onClick={() => asking && void each(asking)}>{asking === "redriven" ? "Redrive" : "Stop"}</Button></SpaceBetween></Box>}
    >
      {asking === "redriven" ? "Each goes on from the states that had not come to their end; what succeeded is not done again." : "What runs in them is stopped, containers too."}
      {able.length < chosen.length && ` Of the ${chosen.length} chosen, ${chosen.length - able.length} cannot be ${asking}, and ${chosen.length - able.length === 1 ? "is" : "are"} left alone.`}
    </Modal>
    </>
  );
}
