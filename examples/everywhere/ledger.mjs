// Who saw what of whom: what was to be seen, and what was.

/** "ONLINE on Windows, says “in a match”" */
export function describe({ status, platforms = [], customStatus = '' }) {
  const where = platforms.length > 0 ? ` on ${platforms.join(', ')}` : '';
  return `${status.toUpperCase()}${where}${customStatus ? `, says “${customStatus}”` : ''}`;
}

export class Ledger {
  #watchers;
  #rows = [];
  /** Of each watcher what it was told and answered, in order. */
  #sightings;

  constructor(watchers) {
    this.#watchers = watchers;
    this.#sightings = new Map(watchers.map((watcher) => [watcher, []]));
  }

  /** Something happened to `user` at `atMs`; hands back the row in which it is to be seen. */
  happened(title, atMs, user, status, { platform, customStatus = '' } = {}) {
    const row = { title, atMs, user, status, platform, customStatus, cells: new Map() };
    this.#rows.push(row);
    return row;
  }

  /** These are to see it, each after what it was to see of the same user before. */
  expect(row, watchers) {
    for (const watcher of watchers) {
      row.cells.set(watcher, { sighting: null });
      this.#match(watcher);
    }
  }

  /** A watcher was told of statuses, or was answered if `isAsked`. */
  saw(watcher, statuses, isAsked, atMs) {
    for (const status of statuses) {
      this.#sightings.get(watcher).push({ ...status, isAsked, atMs, isTaken: false });
    }
    this.#match(watcher);
  }

  #match(watcher) {
    for (const row of this.#rows) {
      const cell = row.cells.get(watcher);
      if (!cell || cell.sighting) {
        continue;
      }
      const sightings = this.#sightings.get(watcher).filter(({ userId }) => userId === row.user);
      const after = sightings.findLastIndex(({ isTaken }) => isTaken) + 1;
      const found = sightings.slice(after).find((sighting) => this.#isOf(row, sighting));
      if (found) {
        found.isTaken = true;
        cell.sighting = found;
      }
    }
  }

  #isOf(row, { status, customStatus, platforms }) {
    const isThere = row.platform === undefined ? platforms.length === 0 : platforms.includes(row.platform);
    return status === row.status && customStatus === row.customStatus && isThere;
  }

  get cells() {
    return this.#rows.flatMap((row) => [...row.cells].map(([watcher, { sighting }]) => ({ row, watcher, sighting })));
  }

  get isComplete() {
    return this.cells.every(({ sighting }) => sighting);
  }

  /** Lines: a row for what happened, a column for each who watches. */
  *table(places, coloured) {
    const width = Math.max(...this.#rows.map(({ title }) => title.length)) + 2;
    const column = 12;
    const line = (title, texts) => `  ${title.padEnd(width)}${texts.join('')}`.trimEnd();
    yield line('seen by', this.#watchers.map((watcher) => watcher.padEnd(column)));
    yield line('on', this.#watchers.map((watcher) => places[watcher].padEnd(column)));
    // What nobody was left to see is no row.
    for (const row of this.#rows.filter(({ cells }) => cells.size > 0)) {
      yield line(row.title, this.#watchers.map((watcher) => this.#cell(row, watcher, column, coloured)));
    }
  }

  #cell(row, watcher, width, coloured) {
    const cell = row.cells.get(watcher);
    if (!cell) {
      return '–'.padEnd(width);
    }
    if (!cell.sighting) {
      return coloured('31', '✗ missing'.padEnd(width));
    }
    return coloured('32', `✓ ${cell.sighting.isAsked ? 'asked' : `${Math.round(cell.sighting.atMs - row.atMs)} ms`}`.padEnd(width));
  }

  /** What a watcher last heard of a user. */
  last(watcher, user) {
    const last = this.#sightings.get(watcher).findLast(({ userId }) => userId === user);
    return last ? describe(last) : 'nothing';
  }

  /** What was seen that nobody expected, but for what was known already; of who was never here nothing is known. */
  get surplus() {
    return this.#watchers.flatMap((watcher) =>
      this.#sightings.get(watcher).filter((sighting, index, all) => {
        const before = all.slice(0, index).findLast(({ userId }) => userId === sighting.userId) ?? { status: 'unknown' };
        return !sighting.isTaken && describe(before) !== describe(sighting);
      }).map((sighting) => ({ watcher, sighting })),
    );
  }
}
