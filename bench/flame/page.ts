/**
 * A flame graph as one HTML file without anything from elsewhere: a row of boxes for each depth of the calls, a box as wide as the
 * time spent in it and below it. A click makes a box as wide as the page, the field on top marks functions by name. One graph for each
 * thread. Names reach the page as JSON and as text nodes, never as markup.
 */
import type { Frame } from './profile.ts';

/** Boxes narrower than this share of a thread's time are left out even when zoomed in. */
const LEAST_SHARE = 0.0002;

/** `[name, ms, children]`: short, because there are thousands. */
type Packed = readonly [number, number, readonly Packed[]];

function packed(frame: Frame, least: number, names: Map<string, number>): Packed {
  let name = names.get(frame.name);
  if (name === undefined) names.set(frame.name, name = names.size);
  return [name, Math.round(frame.ms * 10) / 10, frame.children.filter((child) => child.ms >= least).map((child) => packed(child, least, names))];
}

export function flamePage(title: string, threads: readonly Frame[]): string {
  const names = new Map<string, number>(), graphs = threads.map((root) => packed(root, root.ms * LEAST_SHARE, names));
  // `<` would let a name end the script.
  const json = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c');
  const text = (value: string): string => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>${text(title)}</title>
<style>${STYLE}</style>
<header><h1>${text(title)}</h1><input id="find" type="search" placeholder="function or file" aria-label="Mark functions by name"><output id="found"></output></header>
<main></main>
<script>const NAMES = ${json([...names.keys()])}, THREADS = ${json(graphs)};
${SCRIPT}</script></html>
`;
}

const STYLE = `
body { margin: 0 12px 40px; font: 12px/1.2 system-ui, sans-serif; background: #fff; color: #222 }
header { position: sticky; top: 0; z-index: 2; display: flex; gap: 12px; align-items: baseline; padding: 8px 0; background: #fff }
h1 { margin: 0; font-size: 15px } h2 { margin: 18px 0 4px; font-size: 13px; font-weight: 600 }
.graph { position: relative; overflow: hidden }
.graph button { position: absolute; height: 17px; padding: 0 3px; border: 0; border-right: 1px solid #fff; font: 11px/17px ui-monospace, monospace; text-align: left; white-space: nowrap; overflow: hidden; cursor: pointer; color: #222 }
.graph button:hover { outline: 1px solid #000; z-index: 1 } .graph button.above { opacity: .55 } .graph button.marked { background: #d6258d !important; color: #fff }`;

/** Runs in the browser. Boxes are made for what is at least a pixel wide, anew with every zoom. */
const SCRIPT = `
const ROW = 18, find = document.getElementById('find'), found = document.getElementById('found'), main = document.querySelector('main');
const colour = (name) => {
  const place = / (generated #\\d+|[^ ]*):\\d+$/.exec(name)?.[1] ?? '';
  if (place === '' && name.startsWith('(')) return name.startsWith('(garbage') ? '#f2a0a0' : '#d5d5d5';
  if (place.startsWith('generated')) return '#9fd49f';
  if (place === '' || place.startsWith('node:') || place.includes('node_modules/')) return '#cfd8e6';
  let h = 0; for (const c of place) h = (h * 31 + c.charCodeAt(0)) % 997;
  return 'hsl(' + (18 + h % 38) + ' 88% ' + (66 + h % 11) + '%)';
};
const graphs = THREADS.map((root) => {
  const title = main.appendChild(document.createElement('h2')), box = main.appendChild(document.createElement('div'));
  box.className = 'graph';
  title.textContent = NAMES[root[0]] + ': ' + Math.round(root[1]) + ' ms busy';
  return { root, box, path: [root] };
});
function draw(graph) {
  const { box, path, root } = graph, zoomed = path.at(-1), width = box.clientWidth, wanted = find.value.toLowerCase();
  let deepest = 0;
  box.replaceChildren();
  const put = (frame, x, w, depth, above, to) => {
    const name = NAMES[frame[0]], button = document.createElement('button');
    button.style.cssText = 'left:' + x + 'px;width:' + w + 'px;top:' + depth * ROW + 'px;background:' + colour(name);
    button.className = (above ? 'above ' : '') + (wanted !== '' && name.toLowerCase().includes(wanted) ? 'marked' : '');
    button.title = name + '\\n' + frame[1] + ' ms, ' + (frame[1] / root[1] * 100).toFixed(1) + ' % of the thread';
    if (w > 24) button.textContent = name;
    button.onclick = () => { graph.path = to; draw(graph); };
    box.append(button);
    deepest = Math.max(deepest, depth);
  };
  path.slice(0, -1).forEach((frame, depth) => put(frame, 0, width, depth, true, path.slice(0, depth + 1)));
  const below = (frame, x, depth, to) => {
    const w = frame[1] / zoomed[1] * width;
    if (w < 1) return;
    put(frame, x, w, depth, false, to);
    let at = x;
    for (const child of frame[2]) { below(child, at, depth + 1, [...to, child]); at += child[1] / zoomed[1] * width; }
  };
  below(zoomed, 0, path.length - 1, path);
  box.style.height = (deepest + 1) * ROW + 'px';
}
function tell() {
  const wanted = find.value.toLowerCase();
  // Of frames inside each other only the outermost counts.
  const sum = (frame) => NAMES[frame[0]].toLowerCase().includes(wanted) ? frame[1] : frame[2].reduce((n, child) => n + sum(child), 0);
  found.textContent = wanted === '' ? '' : THREADS.map((root) => (root[2].reduce((n, child) => n + sum(child), 0) / root[1] * 100).toFixed(1) + ' %').join(', ');
  graphs.forEach(draw);
}
find.oninput = tell; addEventListener('resize', tell); tell();`;
