using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Grpc.AspNetCore.Reflection;

/// <summary>What reflection tells: the files that describe some services, found by file name and by symbol.</summary>
internal sealed class DescriptorIndex
{
    private readonly Dictionary<string, FileDescriptor> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FileDescriptor> _symbols = new(StringComparer.Ordinal);

    internal DescriptorIndex(IEnumerable<ServiceDescriptor> services)
    {
        var all = services.ToArray();
        Services = [.. all.Select(service => service.FullName).Order(StringComparer.Ordinal)];
        foreach (var service in all)
        {
            Add(service.File);
        }
    }

    internal IReadOnlyList<string> Services { get; }

    internal FileDescriptor? File(string name) => _files.GetValueOrDefault(name);

    internal FileDescriptor? Symbol(string name) => _symbols.GetValueOrDefault(name);

    /// <summary>Whether a type of this name is described; proto3 types have no extensions.</summary>
    internal bool IsMessage(string name) => _symbols.TryGetValue(name, out var file) && Messages(file.MessageTypes).Any(message => message.FullName == name);

    /// <summary>The file and what it imports, each once; imports come after.</summary>
    internal static IEnumerable<ByteString> WithImports(FileDescriptor file)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var waiting = new Queue<FileDescriptor>([file]);
        while (waiting.TryDequeue(out var next))
        {
            if (seen.Add(next.Name))
            {
                yield return next.SerializedData;
                foreach (var import in next.Dependencies)
                {
                    waiting.Enqueue(import);
                }
            }
        }
    }

    private static IEnumerable<MessageDescriptor> Messages(IEnumerable<MessageDescriptor> messages) =>
        messages.SelectMany(message => Messages(message.NestedTypes).Prepend(message));

    private void Add(FileDescriptor file)
    {
        if (!_files.TryAdd(file.Name, file))
        {
            return;
        }

        foreach (var service in file.Services)
        {
            _symbols[service.FullName] = file;
            foreach (var method in service.Methods)
            {
                _symbols[method.FullName] = file;
            }
        }

        foreach (var message in Messages(file.MessageTypes))
        {
            Add(message, file);
        }

        foreach (var @enum in file.EnumTypes)
        {
            _symbols[@enum.FullName] = file;
        }

        foreach (var import in file.Dependencies)
        {
            Add(import);
        }
    }

    private void Add(MessageDescriptor message, FileDescriptor file)
    {
        _symbols[message.FullName] = file;
        foreach (var field in message.Fields.InDeclarationOrder())
        {
            _symbols[field.FullName] = file;
        }

        foreach (var oneof in message.Oneofs)
        {
            _symbols[oneof.FullName] = file;
        }

        foreach (var @enum in message.EnumTypes)
        {
            _symbols[@enum.FullName] = file;
        }
    }
}
