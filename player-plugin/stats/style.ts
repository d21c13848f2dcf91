// How the overlay looks. The colours keep 4.5:1 for text and 3:1 for the bars on their ground, light and dark; the
// origin's bars are also marked by an outline, so that they can be told apart without colour.

const LIGHT =
  '--ground:#ffffffed;--ink:#1b1f24;--quiet:#57606a;--line:#d0d7de;--agent:#1a7f5a;--origin:#b35900;';
const DARK =
  '--ground:#14181ded;--ink:#e6edf3;--quiet:#9aa5b1;--line:#30363d;--agent:#3fcf9a;--origin:#f0a04b;';

export const STYLE: string = `
:host{${LIGHT}color-scheme:light dark;display:block;max-width:26rem;font:12px/1.4 system-ui,sans-serif;
font-variant-numeric:tabular-nums}
:host([hidden]){display:none}
@media (prefers-color-scheme:dark){:host(:not([theme=light])){${DARK}}}
:host([theme=dark]){${DARK}}
section{background:var(--ground);color:var(--ink);border:1px solid var(--line);border-radius:8px;padding:.7em .9em}
h2{font-size:1em;margin:0 0 .4em}
svg{display:block;width:100%;height:3.5em;border-bottom:1px solid var(--line)}
.agent{fill:var(--agent)}
.origin{fill:var(--origin);stroke:var(--ink);stroke-width:1;vector-effect:non-scaling-stroke}
dl{display:grid;grid-template-columns:repeat(3,1fr);gap:.3em .8em;margin:.6em 0}
dt{color:var(--quiet)}
dd{margin:0;font-weight:600}
dd.agent{color:var(--agent)}
dd.origin{color:var(--origin)}
table{width:100%;border-collapse:collapse}
caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
th,td{text-align:end;padding:.1em .3em;font-weight:400}
th{color:var(--quiet)}
tr>:first-child{text-align:start;overflow-wrap:anywhere}
tr.cooling{opacity:.75;text-decoration:line-through}
`;
