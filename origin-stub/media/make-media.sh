#!/usr/bin/env bash
# Makes the committed media ladder anew: ./make-media.sh (about a minute on two cores; writes beside itself).
#
# Needs: ffmpeg >= 5.0 with libx264, drawtext and the `noise` bitstream filter (Debian: apt-get install ffmpeg) and the
# font DejaVu Sans Mono (Debian: apt-get install fonts-dejavu-core; another monospace font: FONT=/path/to.ttf).
#
# What the origin relies on, and what it checks when it loads the files:
# - 64 s at 30 fps, closed GOPs of exactly 60 frames (2 s), no B-frames: a segment is one GOP.
# - One fragmented MP4 per rendition, a moof for every 15 frames (0.5 s; 12.5 frames at 25 fps would not do): four moofs
#   make a segment, each of them is an LL-HLS part, the first of four starts with the key frame.
# - Audio is one encode over the whole length, so that it runs on without a gap where segments meet: AAC frames of 1024
#   samples do not divide 2 s (93.75), so a segment carries 93 or 94. They do divide 64 s: exactly 3000 frames.
#   The encoder's priming packet (before zero) and what it flushes past 64 s are dropped: otherwise ffmpeg moves the
#   whole video by 21 ms, since a fragmented file without an edit list has no time before zero.
set -euo pipefail
cd "$(dirname "$0")"

font=${FONT:-/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf}
seconds=64

command -v ffmpeg >/dev/null || { echo "make-media: ffmpeg not found: apt-get install ffmpeg" >&2; exit 1; }
[ -r "$font" ] || { echo "make-media: font $font not found: apt-get install fonts-dejavu-core, or set FONT" >&2; exit 1; }

# rendition NAME WIDTHxHEIGHT VIDEO_KBPS AUDIO_KBPS
rendition() {
  local name=$1 size=$2 video=$3 audio=$4
  local text="fontfile=$font:fontcolor=white:box=1:boxcolor=black@0.7:boxborderw=4"
  ffmpeg -v warning -y -fflags +bitexact \
    -f lavfi -i "testsrc2=size=$size:rate=30:duration=$seconds" \
    -f lavfi -i "sine=frequency=330:beep_factor=4:sample_rate=48000:duration=$((seconds + 1))" \
    -vf "drawtext=$text:text='frame %{eif\:n\:d\:4}':fontsize=h/7:x=(w-tw)/2:y=h*0.70,
         drawtext=$text:text='$name %{pts\:hms}':fontsize=h/14:x=(w-tw)/2:y=h*0.88,format=yuv420p" \
    -c:v libx264 -profile:v main -preset slow -tune zerolatency -bf 0 -g 60 -keyint_min 60 -sc_threshold 0 \
    -x264-params "open-gop=0:sliced-threads=0:threads=1:rc-lookahead=30" \
    -b:v "${video}k" -maxrate "$((video * 5 / 4))k" -bufsize "$((video * 2))k" -flags:v +bitexact \
    -c:a aac -b:a "${audio}k" -ac 2 -flags:a +bitexact \
    -bsf:a "noise=amount=0:drop='lt(pts\,0)+gte(pts\,$seconds*48000)'" \
    -f mp4 -movflags +frag_keyframe+empty_moov+default_base_moof -frag_duration 500000 "$name.mp4"
}

rendition 360p 640x360 400 48
rendition 270p 480x270 220 48
rendition 180p 320x180 110 48

# The smallest rendition again as MPEG-TS, repackaged without a new encode.
rm -rf 180p-ts
mkdir 180p-ts
ffmpeg -v warning -y -fflags +bitexact -i 180p.mp4 -c copy -f hls -hls_time 2 -hls_list_size 0 -hls_playlist_type vod \
  -hls_segment_type mpegts -hls_segment_filename '180p-ts/seg-%02d.ts' 180p-ts/made.m3u8
rm 180p-ts/made.m3u8

du -cb ./*.mp4 180p-ts/*.ts | tail -n 1
