// A list of resources: filter, pages, sorting, and a word about what to do when there is nothing.
import { useCollection } from "@cloudscape-design/collection-hooks";
import Header from "@cloudscape-design/components/header";
import Pagination from "@cloudscape-design/components/pagination";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import TextFilter from "@cloudscape-design/components/text-filter";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Failure, Nothing } from "./Page";

interface Props<T> {
  title: string;
  query: Pick<UseQueryResult<T[], Error>, "data" | "error" | "isLoading">;
  columns: TableProps.ColumnDefinition<T>[];
  trackBy: (item: T) => string;
  fields: Array<keyof T & string>;
  empty: { title: string; text: string; action?: ReactNode };
  actions?: ReactNode;
  variant?: TableProps.Variant;
  description?: ReactNode;
  sortBy?: TableProps.SortingColumn<T>;
  descending?: boolean;
}

export function ListTable<T>({ title, query, columns, trackBy, fields, empty, actions, variant = "full-page", description, sortBy, descending }: Props<T>) {
  const list = useCollection(query.data ?? [], {
    filtering: { fields, empty: <Nothing {...empty} />, noMatch: <Nothing title="Nothing matches" text="Nothing here has this text." /> },
    pagination: { pageSize: 25 },
    sorting: sortBy ? { defaultState: { sortingColumn: sortBy, isDescending: descending } } : {},
  });
  const things = title.replace(/^[A-Z](?=[a-z]+\b)/, (letter) => letter.toLowerCase());
  if (query.error) return <Failure error={query.error} what={`${title} could not be listed`} />;
  return (
    <Table
      {...list.collectionProps} items={list.items} columnDefinitions={columns} trackBy={trackBy} variant={variant} loading={query.isLoading} loadingText={`Loading ${things}`}
      ariaLabels={{ tableLabel: title }} wrapLines
      header={<Header variant={variant === "full-page" ? "awsui-h1-sticky" : "h2"} counter={query.data ? `(${query.data.length})` : undefined} actions={actions} description={description}>{title}</Header>}
      filter={<TextFilter {...list.filterProps} filteringPlaceholder={`Search for ${things}`} filteringAriaLabel={`Search for ${things}`} filteringClearAriaLabel="Clear the search" countText={`${list.filteredItemsCount ?? 0} match`} />}
      pagination={<Pagination {...list.paginationProps} ariaLabels={{ nextPageLabel: "Next page", previousPageLabel: "Page before", pageLabel: (n) => `Page ${n}` }} />}
    />
  );
}
