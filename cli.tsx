process.stdout.write('llmtop\n');
