// Loaded into every process that the demo starts (`node --import`), so that none outlives it: when the demo's end of
// the channel closes, however the demo ended (kill -9 included), the process ends at once.
// Not a clean stop: that is SIGTERM, which the demo sends while it still can.

process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.channel?.unref();

export {};
