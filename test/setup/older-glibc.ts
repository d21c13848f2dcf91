// Makes a copy of a native addon that runs on a glibc older than 2.38, for tests on Debian 12.
//
// Compilers on a newer system write `__isoc23_strtol` and `__isoc23_sscanf` where older ones write `strtol` and
// `sscanf`: functions that differ only in reading 0b... literals. They are all that ties the QUIC addon to glibc 2.38.
// The copy asks for the old names under the oldest version, and no longer for the version GLIBC_2.38. Anything else
// that needs 2.38 is an error here, not a crash later. The product never does this: it loads an addon as it came.

/** Names of symbols under GLIBC_2.38 that have an older twin, behind this prefix. */
const PREFIX = '__isoc23_';
const NEWER = 'GLIBC_2.38';
/** Every glibc for x86-64 has these. */
const OLDEST = 'GLIBC_2.2.5';
const SYMBOL_BYTES = 24;

/** @param addon an ELF library for x86-64
 *  @returns a patched copy, or undefined where it needs nothing of glibc 2.38
 *  @throws Error where it needs something of 2.38 that has no older twin */
export function forOlderGlibc(addon: Uint8Array): Buffer | undefined {
  const elf = Buffer.from(addon);
  const [symbols, strings, versions, needs] = ['.dynsym', '.dynstr', '.gnu.version', '.gnu.version_r'].map(
    (name) => section(elf, name),
  ) as [Section, Section, Section, Section];
  const nameAt = (offset: number): string => text(elf, strings.offset + offset);
  const needed = neededVersions(elf, needs, nameAt);
  const newer = needed.find((each) => each.name === NEWER);
  const oldest = needed.find((each) => each.name === OLDEST);
  if (newer === undefined) return undefined;
  if (oldest === undefined) throw new Error(`expected the addon to need ${OLDEST} as well`);
  for (let index = 0; index < symbols.size / SYMBOL_BYTES; index += 1) {
    const version = versions.offset + 2 * index;
    if (elf.readUInt16LE(version) !== newer.index) continue;
    const at = symbols.offset + SYMBOL_BYTES * index;
    const name = nameAt(elf.readUInt32LE(at));
    if (!name.startsWith(PREFIX)) throw new Error(`${name} of ${NEWER} has no older twin`);
    elf.writeUInt32LE(elf.readUInt32LE(at) + PREFIX.length, at);
    elf.writeUInt16LE(oldest.index, version);
  }
  // The need itself becomes a second one for the oldest version: hash and name.
  elf.copy(elf, newer.at, oldest.at, oldest.at + 4);
  elf.copy(elf, newer.at + 8, oldest.at + 8, oldest.at + 12);
  return elf;
}

interface Section {
  readonly offset: number;
  readonly size: number;
}

/** ELF64, little-endian: section headers and the table of their names. */
function section(elf: Buffer, wanted: string): Section {
  if (elf.readUInt32BE(0) !== 0x7f454c46 || elf[4] !== 2 || elf[5] !== 1) {
    throw new Error('expected a 64-bit little-endian ELF file');
  }
  const table = Number(elf.readBigUInt64LE(0x28));
  const entryBytes = elf.readUInt16LE(0x3a);
  const at = (index: number): number => table + entryBytes * index;
  const offset = (index: number): number => Number(elf.readBigUInt64LE(at(index) + 0x18));
  const names = offset(elf.readUInt16LE(0x3e));
  for (let index = 0; index < elf.readUInt16LE(0x3c); index += 1) {
    if (text(elf, names + elf.readUInt32LE(at(index))) !== wanted) continue;
    return { offset: offset(index), size: Number(elf.readBigUInt64LE(at(index) + 0x20)) };
  }
  throw new Error(`expected a section ${wanted}`);
}

interface NeededVersion {
  readonly name: string;
  /** Number by which symbols refer to it. */
  readonly index: number;
  /** Where its entry begins: hash u32, flags u16, index u16, name u32, next u32. */
  readonly at: number;
}

/** Versions that are asked of libc: a chain of libraries, each with a chain of versions. */
function neededVersions(elf: Buffer, needs: Section, nameAt: (offset: number) => string): NeededVersion[] {
  const found: NeededVersion[] = [];
  for (let library = needs.offset, step = 1; step !== 0; library += step) {
    step = elf.readUInt32LE(library + 12);
    if (!nameAt(elf.readUInt32LE(library + 4)).startsWith('libc.so')) continue;
    for (let at = library + elf.readUInt32LE(library + 8), next = 1; next !== 0; at += next) {
      next = elf.readUInt32LE(at + 12);
      found.push({ name: nameAt(elf.readUInt32LE(at + 8)), index: elf.readUInt16LE(at + 6), at });
    }
  }
  return found;
}

function text(elf: Buffer, at: number): string {
  return elf.toString('latin1', at, elf.indexOf(0, at));
}
