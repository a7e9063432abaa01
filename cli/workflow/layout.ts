/** The layout of a workflow, from left to right; unconnected parts are side by side. Pure. */
import { Graph, layout } from '@dagrejs/dagre';
import type { GraphEdge, GraphNode, WorkflowGraph } from './workflow-graph.ts';

export type Point = { readonly x: number; readonly y: number };

/** A node and its centre. */
export type PositionedNode = GraphNode & Point;

export type PositionedEdge = GraphEdge & { readonly points: readonly Point[] };

export type PositionedGraph = {
  readonly nodes: readonly PositionedNode[];
  readonly edges: readonly PositionedEdge[];
  readonly width: number;
  readonly height: number;
};

export const NODE_WIDTH = 236;
export const NODE_HEIGHT = 44;

const GAP = 40;
/** In a wider drawing a person has to scroll in two directions. */
const SHELF_WIDTH = 1600;

/** Splits a graph into its connected components. */
const componentsOf = ({ nodes, edges }: WorkflowGraph): WorkflowGraph[] => {
  const parents = new Map(nodes.map(({ id }) => [id, id]));
  const rootOf = (id: string): string => {
    const parent = parents.get(id);
    return parent === undefined || parent === id ? id : rootOf(parent);
  };
  for (const { from, to } of edges) {
    parents.set(rootOf(from), rootOf(to));
  }
  return [...Map.groupBy(nodes, ({ id }) => rootOf(id)).values()].map((members) => {
    const ids = new Set(members.map(({ id }) => id));
    return { nodes: members, edges: edges.filter(({ from }) => ids.has(from)) };
  });
};

/** Finds the points of an edge, from the right side of one node to the left side of the other. */
const routeOf = (graph: Graph, { from, to, kind }: GraphEdge): Point[] => {
  const [start, end] = [graph.node(from), graph.node(to)];
  const between = (graph.edge(from, to, kind).points ?? []).slice(1, -1);

  return [
    { x: (start.x ?? 0) + NODE_WIDTH / 2, y: start.y ?? 0 },
    // The only point between two neighbours is in the middle of the line.
    ...(between.length > 1 ? between : []),
    { x: (end.x ?? 0) - NODE_WIDTH / 2, y: end.y ?? 0 },
  ];
};

const componentLayout = ({ nodes, edges }: WorkflowGraph): PositionedGraph => {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: 'LR', nodesep: 12, ranksep: 56 });
  for (const { id } of nodes) {
    graph.setNode(id, { width: NODE_WIDTH, height: NODE_HEIGHT });
  }
  for (const { from, to, kind } of edges) {
    graph.setEdge(from, to, {}, kind);
  }
  layout(graph);

  const { width = 0, height = 0 } = graph.graph();
  return {
    nodes: nodes.map((node) => {
      const { x, y } = graph.node(node.id);
      return { ...node, x: x ?? 0, y: y ?? 0 };
    }),
    edges: edges.map((edge) => ({ ...edge, points: routeOf(graph, edge) })),
    width: Math.max(width, NODE_WIDTH),
    height: Math.max(height, NODE_HEIGHT),
  };
};

const movedBy = ({ nodes, edges }: PositionedGraph, offset: Point): Pick<PositionedGraph, 'nodes' | 'edges'> => ({
  nodes: nodes.map((node) => ({ ...node, x: node.x + offset.x, y: node.y + offset.y })),
  edges: edges.map((edge) => ({
    ...edge,
    points: edge.points.map(({ x, y }) => ({ x: x + offset.x, y: y + offset.y })),
  })),
});

/** Components on top of each other. */
type Column = { readonly x: number; readonly width: number; readonly bottom: number };

type Shelf = { readonly top: number; readonly height: number; readonly columns: readonly Column[] };

type Shelving = { readonly shelves: readonly Shelf[]; readonly corners: readonly Point[] };

/**
 * Adds a component below another one of the last shelf, beside them, or on a new shelf. The tallest
 * components come first.
 */
const addToShelves = ({ shelves, corners }: Shelving, { width, height }: PositionedGraph): Shelving => {
  const last = shelves.at(-1);
  const others = shelves.slice(0, -1);
  const below = last?.columns.find(
    (column) => column.width >= width && column.bottom + GAP + height <= last.top + last.height,
  );
  if (last !== undefined && below !== undefined) {
    const corner = { x: below.x, y: below.bottom + GAP };
    const columns = last.columns.map((column) =>
      column === below ? { ...column, bottom: corner.y + height } : column,
    );
    return { shelves: [...others, { ...last, columns }], corners: [...corners, corner] };
  }
  const right = last?.columns.at(-1);
  const x = right === undefined ? GAP : right.x + right.width + GAP;
  if (last !== undefined && x + width <= SHELF_WIDTH) {
    const column = { x, width, bottom: last.top + height };
    const columns = [...last.columns, column];
    return { shelves: [...others, { ...last, columns }], corners: [...corners, { x, y: last.top }] };
  }
  const top = last === undefined ? GAP : last.top + last.height + GAP;
  const column = { x: GAP, width, bottom: top + height };
  return { shelves: [...shelves, { top, height, columns: [column] }], corners: [...corners, { x: GAP, y: top }] };
};

/** Gives each node and edge of a graph its position. */
export const layoutOf = (graph: WorkflowGraph): PositionedGraph => {
  const components = componentsOf(graph)
    .map(componentLayout)
    .toSorted((one, other) => other.height - one.height || other.width - one.width);
  const { shelves, corners } = components.reduce(addToShelves, { shelves: [], corners: [] });
  const parts = components.map((component, index) => movedBy(component, corners[index] ?? { x: 0, y: 0 }));
  const last = shelves.at(-1);

  return {
    nodes: parts.flatMap(({ nodes }) => nodes),
    edges: parts.flatMap(({ edges }) => edges),
    width: Math.max(0, ...shelves.flatMap(({ columns }) => columns.map(({ x, width }) => x + width))) + GAP,
    height: last === undefined ? GAP : last.top + last.height + GAP,
  };
};
