package dev.godwit.starter;

/** For whom a command writes its result. */
enum Output { TEXT, JSON }
