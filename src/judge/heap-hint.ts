/**
 * What bounds the memory of a program, by the kernel's name of the victim: each runtime's own documentation says so. A
 * name proves nothing, which is why every hint begins with "if".
 */
const BOUNDS: Readonly<Record<string, string>> = {
  java: 'If it is a JVM: bound the heap (-XX:MaxRAMPercentage or -Xmx) and leave room beside it for metaspace, threads and direct buffers.',
  node: 'If it is Node.js: --max-old-space-size (MiB) bounds the heap, not Buffers, which come on top.',
  dotnet: 'If it is .NET: DOTNET_GCHeapHardLimitPercent (hexadecimal) bounds the managed heap.',
  'php-fpm': 'If it is PHP-FPM: pm.max_children times memory_limit is what it may use.',
  postgres: 'If it is PostgreSQL: shared_buffers, and work_mem times what runs at once (max_connections), are what it uses.',
  mysqld: 'If it is MySQL: innodb_buffer_pool_size and the buffers of each connection are what it uses.',
  'redis-server': 'If it is Redis: maxmemory bounds it; a background save may need as much again for pages that change.',
  mongod: 'If it is MongoDB: storage.wiredTiger.engineConfig.cacheSizeGB bounds the cache, connections come on top.',
  prometheus: 'If it is Prometheus: the number of active series decides; look for what brought new ones.',
};

export function heapHint(comm: string | null): string | null {
  return comm !== null && Object.hasOwn(BOUNDS, comm) ? (BOUNDS[comm] ?? null) : null;
}
