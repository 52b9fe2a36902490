#!/usr/bin/env node
// The command as the plugin, for which protoc and buf look by this name.
import { run } from './command.mjs';

run('protoc-gen-everact');
