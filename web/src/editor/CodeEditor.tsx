// A text editor for JSON (CodeMirror). It lives in a shadow root, where its styles are adopted and not written into the page, so
// that the content policy allows none.
import { autocompletion, closeBrackets, closeBracketsKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { bracketMatching, foldGutter, foldKeymap, HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics, type Diagnostic } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";
import { completeAsl } from "./complete";

export type { Diagnostic };

const colours = HighlightStyle.define([
  { tag: tags.propertyName, class: "tok-k" }, { tag: tags.string, class: "tok-s" }, { tag: tags.number, class: "tok-n" }, { tag: [tags.bool, tags.null], class: "tok-w" },
]);
const theme = EditorView.theme({
  "&": { fontSize: "13px", height: "100%", backgroundColor: "var(--box)", color: "var(--ink)" },
  ".cm-scroller": { fontFamily: '"Monaco", "Menlo", "Consolas", "DejaVu Sans Mono", monospace', lineHeight: "20px" },
  ".cm-gutters": { backgroundColor: "var(--code)", color: "var(--soft)", borderRight: "1px solid var(--line)" },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--select) 7%, transparent)" },
  ".cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--select) 14%, transparent)" },
  ".cm-content": { caretColor: "var(--ink)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  "&.cm-focused": { outline: "none" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "color-mix(in srgb, var(--select) 28%, transparent) !important" },
  ".cm-tooltip": { backgroundColor: "var(--box)", color: "var(--ink)", border: "1px solid var(--line)", borderRadius: "6px" },
  ".tok-k": { color: "var(--tok-k)" }, ".tok-s": { color: "var(--tok-s)" }, ".tok-n": { color: "var(--tok-n)" }, ".tok-w": { color: "var(--tok-w)" },
});
const phrases = EditorState.phrases.of({});

export interface CodeEditorProps {
  value: string;
  onChange?: (value: string) => void;
  readOnly?: boolean;
  label: string;
  height?: number | string;
  diagnostics?: Diagnostic[];
  /** Completes names of ASL. */
  asl?: boolean;
  /** Told where the cursor is. */
  onCursor?: (offset: number) => void;
}

export default function CodeEditor({ value, onChange, readOnly = false, label, height = 320, diagnostics, asl = false, onCursor }: CodeEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const told = useRef({ onChange, onCursor });
  told.current = { onChange, onCursor };
  const first = useRef(value);

  useEffect(() => {
    const root = host.current!.shadowRoot ?? host.current!.attachShadow({ mode: "open" });
    const own = new CSSStyleSheet();
    own.replaceSync(":host{display:block;height:100%} .cm-editor{height:100%}");
    const editable = new Compartment();
    const made = new EditorView({
      root, parent: root as unknown as HTMLElement,
      state: EditorState.create({
        doc: first.current,
        extensions: [
          lineNumbers(), foldGutter(), history(), drawSelection(), indentOnInput(), bracketMatching(), closeBrackets(), highlightActiveLine(), highlightActiveLineGutter(), highlightSelectionMatches(),
          json(), syntaxHighlighting(colours), theme, phrases, lintGutter(), EditorView.lineWrapping,
          asl ? autocompletion({ override: [completeAsl] }) : [],
          keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...foldKeymap, ...lintKeymap, ...(readOnly ? [] : [indentWithTab])]),
          editable.of([EditorState.readOnly.of(readOnly), EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0", ...(readOnly ? { "aria-readonly": "true" } : {}) })]),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) told.current.onChange?.(update.state.doc.toString());
            if (update.selectionSet) told.current.onCursor?.(update.state.selection.main.head);
          }),
        ],
      }),
    });
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, own];
    view.current = made;
    return () => {
      made.destroy();
      view.current = null;
    };
  }, [readOnly, label, asl]);

  useEffect(() => {
    first.current = value;
    const now = view.current;
    if (now && now.state.doc.toString() !== value) now.dispatch({ changes: { from: 0, to: now.state.doc.length, insert: value } });
  }, [value]);

  useEffect(() => {
    const now = view.current;
    if (now && diagnostics) now.dispatch(setDiagnostics(now.state, diagnostics.map((d) => ({ ...d, from: Math.min(d.from, now.state.doc.length), to: Math.min(d.to, now.state.doc.length) }))));
  }, [diagnostics]);

  return <div className="code-editor" style={{ height }} ref={host} data-label={label} />;
}
