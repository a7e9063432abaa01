/** The style of the workflow page, in a light and a dark scheme. */
export const PAGE_STYLE = `
:root { --back: #fff; --text: #1b1f24; --faint: #57606a; --line: #d0d7de; --node: #f3f6fa; --bucket: #fdf5e6; --accent: #0a58ca; --due: #b3261e; --hit: #fff3bf }
@media (prefers-color-scheme: dark) {
  :root { --back: #0f1318; --text: #e6edf3; --faint: #9aa5b1; --line: #38414c; --node: #1a212a; --bucket: #2a2417; --accent: #7db4ff; --due: #ff8a80; --hit: #4a3f10 }
}
* { box-sizing: border-box }
body { margin: 0; background: var(--back); color: var(--text); font: 14px/1.45 system-ui, sans-serif }
header { position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; gap: 6px 14px; align-items: center; padding: 8px 20px; background: var(--back); border-bottom: 1px solid var(--line) }
h1 { margin: 0; font-size: 19px }
h1 small { color: var(--faint); font-weight: normal }
h2 { margin: 26px 20px 4px; font-size: 16px }
p { margin: 4px 20px; color: var(--faint) }
input, button { padding: 5px 9px; color: inherit; background: var(--node); border: 1px solid var(--faint); border-radius: 5px; font: inherit }
input { width: 20em; max-width: 60vw }
kbd { padding: 0 5px; border: 1px solid var(--line); border-radius: 4px; color: var(--faint) }
output { color: var(--faint) }
.zoom { margin-left: auto; display: flex; gap: 4px }
.scroll { overflow: auto; padding: 0 20px }
svg { display: block }
svg text { fill: var(--text); font: 13px system-ui, sans-serif }
svg .detail, svg .hour { fill: var(--faint); font-size: 11px }
svg .hour, svg .count { text-anchor: middle }
svg .count { fill: var(--back); font-size: 10px; pointer-events: none }
svg a { cursor: pointer; text-decoration: none }
svg a:focus-visible { outline: 2px solid var(--accent) }
.node rect { fill: var(--node); stroke: var(--line); stroke-width: 1.5 }
.node.bucket rect { fill: var(--bucket) }
.node:hover rect, .node:focus rect, .node.near rect { stroke: var(--accent) }
.edge { fill: none; stroke: var(--faint); stroke-width: 1.3 }
.edge.output { stroke-dasharray: 7 3 }
.edge.optional { stroke-dasharray: 2 4 }
.edge.near { stroke: var(--accent); stroke-width: 2.2 }
#arrow path { fill: var(--faint) }
#day line { stroke: var(--line) }
.band { fill: transparent }
.row:hover .band, .row:focus .band { fill: var(--node) }
svg .start, .legend .start { fill: var(--accent); color: var(--accent) }
svg .due, .legend .due { fill: var(--due); color: var(--due) }
.legend span + span, .legend .due { margin-left: 1em }
table { border-collapse: collapse; margin-bottom: 40px }
th, td { padding: 5px 14px 5px 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line) }
td ul { margin: 0; padding: 0; list-style: none }
td li { overflow-wrap: anywhere }
tr:target { background: var(--hit) }
.away { opacity: .13 }
tr.away { display: none }
.hit rect:first-of-type { fill: var(--hit); stroke: var(--accent) }
@media print { header { position: static } .zoom, input, label { display: none } }
`;
