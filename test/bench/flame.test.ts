/** Flame graphs: the tree made of a profile, and a page that holds it and nothing from elsewhere. */
import { expect } from 'chai';
import { flamePage } from '../../bench/flame/page.ts';
import { flameTree, type Profile } from '../../bench/flame/profile.ts';

const frame = (functionName: string, url = '', scriptId = '0') => ({ functionName, url, scriptId, lineNumber: 0 });
/** root → main → (twice) work → leaf; idle beside main; the collector beside it. */
const profile: Profile = {
  nodes: [
    { id: 1, callFrame: frame('(root)'), children: [2, 3, 8] }, { id: 2, callFrame: frame('main', 'node:internal/main'), children: [4, 5] }, { id: 3, callFrame: frame('(idle)') },
    { id: 4, callFrame: frame('work', '', '7'), children: [6] }, { id: 5, callFrame: frame('work', '', '7'), children: [7] }, { id: 6, callFrame: frame('leaf</script>') }, { id: 7, callFrame: frame('leaf</script>') }, { id: 8, callFrame: frame('(garbage collector)') },
  ],
  samples: [2, 3, 4, 6, 5, 7, 8, 99], timeDeltas: [1000, 50_000, 2000, 3000, 4000, 5000, 6000, 7000],
};
const TREE = {
  name: 'thread 1', ms: 21, children: [
    { name: 'main node:internal/main:1', ms: 15, children: [{ name: 'work generated #7:1', ms: 14, children: [{ name: 'leaf</script>', ms: 8, children: [] }] }] },
    { name: '(garbage collector)', ms: 6, children: [] },
  ],
};

describe('flame graph', () => {
  it('adds equal calls under one parent together, without idle time, greatest first', () => {
    expect(flameTree(profile, 'thread 1')).to.deep.equal(TREE);
  });
  it('gives a thread that did nothing no time', () => {
    expect(flameTree({ nodes: [{ id: 1, callFrame: frame('(root)'), children: [2] }, { id: 2, callFrame: frame('(idle)') }], samples: [2], timeDeltas: [5000] }, 'asleep')).to.deep.equal({ name: 'asleep', ms: 0, children: [] });
  });
  it('is one page with every frame, names as data only, nothing loaded', () => {
    const page = flamePage('q2 <b>', [TREE]);
    expect(page).to.include('<title>q2 &lt;b></title>').and.not.match(/\b(src|href)=|https?:|@import|url\(/);
    expect(page.match(/<\/script>/g)).to.have.length(1);
    const [, names = '', threads = ''] = /const NAMES = (\[.*?\]), THREADS = (.*);\n/.exec(page) ?? [];
    expect(JSON.parse(names)).to.deep.equal(['thread 1', 'main node:internal/main:1', 'work generated #7:1', 'leaf</script>', '(garbage collector)']);
    expect(JSON.parse(threads)).to.deep.equal([[0, 21, [[1, 15, [[2, 14, [[3, 8, []]]]]], [4, 6, []]]]]);
  });
  it('has a script that a browser can read', () => {
    const script = /<script>([\s\S]*)<\/script>/.exec(flamePage('q2', [TREE]))?.[1] ?? '';
    expect(() => new Function(script)).not.to.throw();
  });
  it('leaves out what could not be seen', () => {
    const thin = { name: 't', ms: 100_000, children: [{ name: 'wide', ms: 99_990, children: [] }, { name: 'thin', ms: 10, children: [] }] };
    expect(flamePage('q2', [thin])).to.include('wide').and.not.include('thin');
  });
});
