{{ stage('icf_version') }}
