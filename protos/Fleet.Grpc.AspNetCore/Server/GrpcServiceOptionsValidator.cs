using Grpc.Wire;
using Microsoft.Extensions.Options;

namespace Grpc.AspNetCore.Server;

/// <summary>Checks the options before the first service is mapped.</summary>
internal sealed class GrpcServiceOptionsValidator : IValidateOptions<GrpcServiceOptions>
{
    public ValidateOptionsResult Validate(string? name, GrpcServiceOptions options)
    {
        var errors = new List<string>();
        if (options.MaxReceiveMessageSize < 0)
        {
            errors.Add($"MaxReceiveMessageSize is {options.MaxReceiveMessageSize}: set a number of bytes, or null for no limit.");
        }

        if (options.MaxSendMessageSize < 0)
        {
            errors.Add($"MaxSendMessageSize is {options.MaxSendMessageSize}: set a number of bytes, or null for no limit.");
        }

        if (options.ResponseCompressionAlgorithm is not (null or ProtocolNames.Gzip or ProtocolNames.Identity))
        {
            errors.Add($"ResponseCompressionAlgorithm is '{options.ResponseCompressionAlgorithm}': set 'gzip', or null for none.");
        }

        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }
}
