// What kubectl 1.20 and 1.32 were seen to print for answers of `get --raw` that are no success.
const UNSAID = {
  400: ['BadRequest', 'the server rejected our request for an unknown reason'],
  403: ['Forbidden', 'unknown'],
  404: ['NotFound', 'the server could not find the requested resource'],
  503: ['ServiceUnavailable', 'the server is currently unable to handle the request'],
};

/** A Status of the API server is told with its message; of anything else the status code alone. */
function said(code, status) {
  if (code === 401) return `error: You must be logged in to the server (${status?.message ?? 'the server has asked for the client to provide credentials'})`;
  const [reason, message] = status?.kind === 'Status' ? [status.reason, status.message] : (UNSAID[code] ?? ['InternalError', 'unknown']);
  return `Error from server (${reason}): ${message}`;
}

module.exports = { said };
