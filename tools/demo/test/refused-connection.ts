/** One connection that is refused, as a program: `refused-connection.ts ADDRESS`; nobody listens on port 1. */
import { connect } from 'node:net';

connect(1, process.argv[2]).on('error', () => {});
