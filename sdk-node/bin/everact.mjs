#!/usr/bin/env node
// The command under its own name.
import { run } from './command.mjs';

run('everact');
