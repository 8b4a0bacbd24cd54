// The visual workflow as an SVG file of its own.
import { serviceOf } from "../asl/definition";
import type { StateSummary } from "../history/model";
import { pathOf, type Layout } from "./layout";

const escape = (text: string) => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
const fill: Record<string, string> = { succeeded: "#e6f4e1", failed: "#fbe4e1", timedOut: "#fbe4e1", caught: "#fdebd6", running: "#dcebfb", aborted: "#e4e7ea" };
const line: Record<string, string> = { succeeded: "#2b8a0e", failed: "#c5220c", timedOut: "#c5220c", caught: "#c76a00", running: "#0a62c4", aborted: "#5f6b7a" };

export function toSvg(layout: Layout, summaries?: Map<string, StateSummary>): string {
  const at = new Map<string, { x: number; y: number }>();
  const parts: string[] = [];
  for (const node of layout.nodes) {
    const outer = node.parent ? at.get(node.parent)! : { x: 0, y: 0 };
    const x = outer.x + node.x, y = outer.y + node.y;
    at.set(node.id, { x, y });
    const status = summaries?.get(node.id)?.status ?? "";
    const called = node.state && serviceOf(node.state);
    const kind = called ? `${called.title}: ${called.action}` : `${node.state?.Type ?? ""}`;
    const isMark = node.kind === "start" || node.kind === "end";
    if (node.kind === "empty") continue;
    parts.push(`<rect x="${x}" y="${y}" width="${node.width}" height="${node.height}" rx="${isMark ? 16 : 8}" fill="${fill[status] ?? "#fff"}" stroke="${line[status] ?? "#8c97a5"}" stroke-width="${status ? 2 : 1}"/>`);
    if (isMark) parts.push(`<text x="${x + node.width / 2}" y="${y + 21}" text-anchor="middle" font-size="13">${escape(node.name)}</text>`);
    else parts.push(`<text x="${x + 14}" y="${y + 24}" font-size="11" fill="#5f6b7a">${escape(kind)}</text><text x="${x + 14}" y="${y + 44}" font-size="14" font-weight="600">${escape(node.name)}</text>`);
  }
  for (const edge of layout.edges) {
    parts.push(`<path d="${pathOf(edge.points)}" fill="none" stroke="#5f6b7a" stroke-width="1.5"${edge.kind === "catch" ? ' stroke-dasharray="5 4"' : ""} marker-end="url(#arrow)"/>`);
    if (edge.label && edge.labelAt) parts.push(`<text x="${edge.labelAt.x}" y="${edge.labelAt.y + 4}" text-anchor="middle" font-size="11" fill="#414d5c">${escape(edge.label)}</text>`);
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-10 -10 ${layout.width + 20} ${layout.height + 20}" font-family="Open Sans, Helvetica, Arial, sans-serif">` +
    `<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#5f6b7a"/></marker></defs>${parts.join("")}</svg>\n`;
}
