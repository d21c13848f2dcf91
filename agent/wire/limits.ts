// Every maximum of the wire, first and in one place: a decoder checks these before it allocates.
//
// A limit is raised only in the commit that needs it, with the reason. The relations between limits are asserted
// by a unit test, so that one cannot be changed without the others.

/** Bytes of one frame after its length field, largest control message included. */
export const FRAME_BYTES_MAX: number = 128 * 1024;
/** Bytes of body in one `piece`; POLYRING.md calls it the piece size. */
export const PIECE_BYTES_MAX: number = 64 * 1024;
/** Raw Ed25519 public key. */
export const AGENT_ID_BYTES: number = 32;
/** Raw Ed25519 signature. */
export const SIGNATURE_BYTES: number = 64;
/** UTF-8 bytes of a region path such as `eu/de/ber`. */
export const REGION_BYTES_MAX: number = 64;
/** Labels in a region path. */
export const REGION_LABELS_MAX: number = 6;
/** UTF-8 bytes of a ring id: level, region path, 8 random characters and two bars. */
export const RING_ID_BYTES_MAX: number = REGION_BYTES_MAX + 16;
/** UTF-8 bytes of `host:port`. */
export const ADDRESS_BYTES_MAX: number = 262;
/** UTF-8 bytes of a public base URL. */
export const PUBLIC_URL_BYTES_MAX: number = 512;
/** UTF-8 bytes of a software version. */
export const VERSION_BYTES_MAX: number = 32;
/** Bytes of a signed record body: the fields above and their lengths fit with room for fields to come. */
export const RECORD_BYTES_MAX: number = 2048;
/** Contacts in one seat: 3 representatives and two spares. */
export const SEAT_CONTACTS_MAX: number = 5;
/** Bytes of a signed seat body: five contacts of 810 bytes, two ring ids, a region path, with room to come. */
export const SEAT_BYTES_MAX: number = 4608;
/** Seats in one message: 16 of the largest fit a frame with the lists beside them. */
export const SEATS_MAX: number = 16;
/** Rings above one agent: levels rise strictly up to 9. */
export const PATH_RINGS_MAX: number = 9;
/** Rumours that ride on one probe or ack. */
export const RUMOURS_MAX: number = 16;
/** Members of one ring: cap 2T for the largest target size T = 64. */
export const MEMBERS_MAX: number = 128;
/** Contacts to other regions in one welcome or referral. */
export const CONTACTS_MAX: number = 32;
/** Highest incarnation and sequence: far above one a millisecond for a thousand years, far below 2^53. */
export const COUNTER_MAX: number = 2 ** 48;
/** UTF-8 bytes of a request target (path and query). */
export const TARGET_BYTES_MAX: number = 8 * 1024;
/** UTF-8 bytes of a segment name: origin id, target and range. */
export const NAME_BYTES_MAX: number = TARGET_BYTES_MAX + 512;
/** Header fields carried with a fetch or a head. */
export const HEADERS_MAX: number = 64;
/** UTF-8 bytes of one header field, name and value each. */
export const HEADER_BYTES_MAX: number = 8 * 1024;
/** Agents in the chain that a fetch has passed; tiers strictly rise, so this bounds the levels too. */
export const CHAIN_MAX: number = 8;
/** Agents that a fetch asks its receiver to leave out of the placement. */
export const AVOID_MAX: number = 4;
/** Bytes of one object that is relayed between agents. */
export const OBJECT_BYTES_MAX: number = 2 ** 40;
/** Bytes of a block with a digest of its own: as a piece, so that a bad one is caught in the piece that brings it. */
export const BLOCK_BYTES_MIN: number = PIECE_BYTES_MAX;
/** Blocks that a descriptor lists: 128 MiB of the smallest; larger objects have larger blocks. */
export const BLOCKS_MAX: number = 2048;
/** Bytes of a SHA-256 or BLAKE3 digest. */
export const DIGEST_BYTES: number = 32;
/** UTF-8 bytes of an entity tag in a descriptor; a longer one is left out. */
export const TAG_BYTES_MAX: number = 1024;
/** Bytes of an agent's certificate in DER: those that `ringcast init` issues have about 500. */
export const CERTIFICATE_BYTES_MAX: number = 2048;
/** Bytes of a descriptor's signed body: name, tag and digests at their largest, with room for fields to come. */
export const DESCRIPTOR_BYTES_MAX: number = NAME_BYTES_MAX + TAG_BYTES_MAX + BLOCKS_MAX * DIGEST_BYTES + 512;
/** Origins named in one roster. */
export const ORIGINS_MAX: number = 16;
/** Certificates of one agent's WebTransport server, in a roster: now, next, and room for one that is going. */
export const CERTIFICATE_HASHES_MAX: number = 4;
/** Bytes of a roster as JSON. */
export const ROSTER_BYTES_MAX: number = 256 * 1024;
/** Rings described in one redirect: the levels between a region's top and a leaf ring. */
export const ROSTERS_PER_REDIRECT_MAX: number = 3;
/** Contacts of a seat in a redirect: its representatives. */
export const ROSTER_CONTACTS_MAX: number = 3;
/** Bytes of one cast: a star to 64 members takes 21 ms of a 200 Mb/s uplink. What is larger is a segment. */
export const CAST_BYTES_MAX: number = 8 * 1024;
/** Casts named in one message of repair. */
export const CASTS_PER_MESSAGE_MAX: number = 64;
/** UTF-8 bytes of a topic. */
export const TOPIC_BYTES_MAX: number = 128;
/** Topics with interest below one seat. */
export const TOPICS_MAX: number = 256;
/** Bytes of a player's beacon as JSON: every member at its longest is under 1 KiB. */
export const BEACON_BYTES_MAX: number = 4 * 1024;
