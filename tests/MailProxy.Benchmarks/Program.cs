using MailProxy.Benchmarks;

if (args is ["serve", var conf, .. var ports]) await InProcessAuth.RunAsync(conf, ports);
else BenchmarkDotNet.Running.BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
