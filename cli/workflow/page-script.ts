/** The script of the workflow page: search, highlighting of connected feeds, and zoom. */
export const PAGE_SCRIPT = `
'use strict';
const search = document.getElementById('search');
const found = document.getElementById('found');
const graph = document.getElementById('graph');
const plane = document.getElementById('plane');
const all = (selector) => [...document.querySelectorAll(selector)];
const edges = all('.edge');
const rows = new Map(all('tr[data-id]').map((row) => [row.dataset.id, row.textContent.toLowerCase()]));

const filter = () => {
  const words = search.value.toLowerCase().split(/\\s+/).filter(Boolean);
  const fits = (id) => words.every((word) => (rows.get(id) || id.toLowerCase()).includes(word));
  let count = 0;
  for (const part of all('[data-id]')) {
    const isHit = words.length > 0 && fits(part.dataset.id);
    part.classList.toggle('away', words.length > 0 && !isHit);
    part.classList.toggle('hit', isHit && part.classList.contains('node'));
    count += part.tagName === 'TR' && (words.length === 0 || isHit) ? 1 : 0;
  }
  for (const edge of edges) {
    edge.classList.toggle('away', words.length > 0 && !(fits(edge.dataset.from) && fits(edge.dataset.to)));
  }
  found.textContent = words.length === 0 ? '' : count === 1 ? '1 feed' : count + ' feeds';
  const first = graph.querySelector('.node.hit');
  if (first) first.scrollIntoView({ block: 'nearest', inline: 'nearest' });
};
search.addEventListener('input', filter);
document.addEventListener('keydown', (event) => {
  if (event.key === '/' && document.activeElement !== search) {
    event.preventDefault();
    search.focus();
  }
  if (event.key === 'Escape') {
    search.value = '';
    filter();
  }
  if (event.key === 'Enter' && document.activeElement === search) {
    const first = graph.querySelector('.node.hit');
    if (first) first.focus();
  }
});

const highlight = (id) => {
  const reach = (from, to) => {
    const seen = new Set([id]);
    for (const one of seen) for (const edge of edges) if (edge.dataset[from] === one) seen.add(edge.dataset[to]);
    return seen;
  };
  const before = id === undefined ? new Set() : reach('to', 'from');
  const after = id === undefined ? new Set() : reach('from', 'to');
  const has = (set, edge) => set.has(edge.dataset.from) && set.has(edge.dataset.to);
  for (const edge of edges) edge.classList.toggle('near', has(before, edge) || has(after, edge));
  for (const node of all('.node')) node.classList.toggle('near', before.has(node.dataset.id) || after.has(node.dataset.id));
};
for (const node of all('.node')) {
  for (const on of ['mouseenter', 'focus']) node.addEventListener(on, () => highlight(node.dataset.id));
  for (const off of ['mouseleave', 'blur']) node.addEventListener(off, () => highlight(undefined));
}

const [, , width, height] = graph.getAttribute('viewBox').split(' ').map(Number);
let scale = 1;
const zoom = (to) => {
  scale = Math.min(3, Math.max(0.2, to));
  graph.setAttribute('width', width * scale);
  graph.setAttribute('height', height * scale);
};
document.getElementById('smaller').addEventListener('click', () => zoom(scale / 1.25));
document.getElementById('larger').addEventListener('click', () => zoom(scale * 1.25));
document.getElementById('fit').addEventListener('click', () => zoom(Math.min(1, (plane.clientWidth - 40) / width)));
`;
