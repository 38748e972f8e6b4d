/**
 * The services as a library: `batchflow-threads/server`.
 */
export { accessLog } from './access-log.js';
export { loadSchemaFile, schemaFromJson } from './schema-file.js';
export { createIngestService } from './service.js';
export type { IngestServiceOptions } from './service-options.js';
export { createWorkerService, type WorkerServiceOptions } from './worker-service.js';
